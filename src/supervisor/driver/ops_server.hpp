// The control API on the supervisor's unix socket: HTTP with JSON, for the owner and for root.
#pragma once

#include "api.hpp"
#include "history.hpp"

#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/changes.hpp>
#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/view.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

namespace elasticbot::supervise {

// What the server may ask of the supervisor.
struct OpsBackend {
    std::string version;
    // Whether there are programs to ask about; not before all of the start has succeeded.
    std::function<bool()> has_begun;
    std::function<OrderedJson()> status;
    std::function<supervisor::FleetView()> view;
    // nullptr when there is no such program.
    std::function<const supervisor::Program*(const ProgramName&)> find;
    std::function<void(const supervisor::Event&)> request;
    std::function<Result<>(const ProgramName&, int signal)> signal;
    std::function<void()> shutdown;
    std::function<Result<ReloadReport>()> reload;
    const History* history = nullptr;
};

class OpsServer {
public:
    OpsServer(boost::asio::io_context& io, OpsBackend backend);

    // Binds `path` (mode 0600) and answers there; again after the file was removed.
    Result<> listen(const std::string& path);

    // A program's state has changed; a record has come.
    void fleet_changed() { fleet_.notify(); }

    void log_changed() { log_.notify(); }

    // Ends followers and waiting requests, then the connections.
    boost::asio::awaitable<void> stop(TimePoint deadline);

private:
    using Response = net::HttpResponse;

    boost::asio::awaitable<Response> handle(net::HttpRequest request);
    boost::asio::awaitable<Response> program_action(net::HttpRequest request);
    Response reload();
    Response signal_program(const ProgramName& program, const std::string& body);
    Response logs(const net::HttpRequest& request);
    Response lines_of_file(const supervisor::Program& program, std::size_t lines, bool follow);
    Response ready() const;

    OpsBackend backend_;
    Changes fleet_;
    Changes log_;
    bool stopping_ = false;
    net::HttpServer server_;
};

}  // namespace elasticbot::supervise
