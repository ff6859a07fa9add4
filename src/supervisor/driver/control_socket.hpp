// The control socket: one supervisor's alone, served, put back when somebody removed its file, and
// taken away at the end.
#pragma once

#include "control_lock.hpp"
#include "log_pipeline.hpp"
#include "ops_server.hpp"

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>

namespace elasticbot::supervise {

class ControlSocket {
public:
    // Without a path there is none, and all of this does nothing.
    ControlSocket(boost::asio::io_context& io, LogPipeline& log, std::string path);

    // Before anything is touched that another supervisor may use. conflict: it has this socket.
    Result<> lock();
    // From now on there are tasks that only stop() ends.
    Result<> open(OpsBackend backend);

    void fleet_changed();

    // The end is near: who removes the file now is not opposed.
    void let_go();
    // Nothing of it waits any more, except for stop().
    void cancel();
    // Ends open requests by `deadline` and removes the file, if it is still ours.
    boost::asio::awaitable<void> stop(TimePoint deadline);

private:
    void restore();

    boost::asio::io_context& io_;
    LogPipeline& log_;
    std::string path_;
    std::optional<ControlLock> lock_;
    std::optional<RemovalWatch> removal_;
    std::optional<OpsServer> server_;
};

}  // namespace elasticbot::supervise
