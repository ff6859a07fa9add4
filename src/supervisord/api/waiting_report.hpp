// Tells the log who is waited for: a process that was told to stop, and all of them at the end.
// (supervisord-compat.md 9)
#pragma once

#include "process_table.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>

namespace elasticbot::supervisord {

class WaitingReport {
public:
    using Say = std::function<void(const std::string& line)>;

    // `table` outlives this.
    WaitingReport(boost::asio::io_context& io, const ProcessTable& table, Say say);

    // Said now, and every two seconds as long as it has not ended.
    void stopping(const Entry& entry);
    // Everything is being stopped: from now on all are told of together, every three seconds.
    void begin_shutdown();
    void cancel();

private:
    void tell();
    void arm();

    const ProcessTable& table_;
    Say say_;
    boost::asio::steady_timer timer_;
    bool is_armed_ = false;
    bool is_shutdown_ = false;
};

}  // namespace elasticbot::supervisord
