#include "ops_server.hpp"

#include "logged_elsewhere.hpp"

#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

namespace {

using supervisor::ProgramView;
using supervisor::State;

constexpr std::string_view program_prefix = "/v1/programs/";

net::HttpResponse json_response(int status, std::string body) {
    return {
        .status = status,
        .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
        .body = std::move(body),
        .stream = {}
    };
}

net::HttpResponse error_response(int status, std::string message) {
    return json_response(status, error_body({Errc::invalid, std::move(message)}));
}

// Value of a parameter of the query; "" when absent.
std::string parameter(std::string_view query, std::string_view name) {
    for (const auto part : text::split(query, '&')) {
        const auto equals = part.find('=');
        if (part.substr(0, equals) == name && equals != std::string_view::npos) {
            return text::percent_decode(part.substr(equals + 1), true).value_or("");
        }
    }
    return "";
}

const ProgramView* find_program(const supervisor::FleetView& view, const ProgramName& name) {
    const auto found = std::ranges::find(view.programs, name, &ProgramView::name);
    return found == view.programs.end() ? nullptr : &*found;
}

// What has taken the place of what was asked for; nullptr: nothing, it is still on its way.
const char* overtaken_by(const ProgramView& program, std::string_view action, bool all_stops) {
    if (action == "stop") {
        return program.is_wanted ? "a request to start it" : nullptr;
    }
    if (program.is_wanted) {
        return nullptr;
    }
    return all_stops ? "the stop of everything" : "a request to stop it";
}

// Whether what was asked for has come about, one way or the other.
bool is_settled(const ProgramView& program, std::string_view action, Generation before) {
    switch (program.state) {
        case State::stopped:
            return action == "stop";
        case State::completed:
        case State::failed:
            return action == "stop" || program.generation != before;
        case State::running:
            return action != "stop" && program.ready && program.generation != before;
        case State::waiting:
        case State::starting:
        case State::backoff:
        case State::stopping:
        case State::killing:
            return false;
    }
    return false;
}

net::HttpLimits limits() {
    net::HttpLimits limits;
    limits.max_body_bytes = std::size_t{64} * 1024;
    limits.max_connections = 200;
    limits.request_timeout = 600s;  // A restart that is waited for takes its grace period.
    return limits;
}

}  // namespace

OpsServer::OpsServer(boost::asio::io_context& io, OpsBackend backend)
    : backend_(std::move(backend)),
      fleet_(io.get_executor()),
      log_(io.get_executor()),
      server_(io.get_executor(), limits(), [this](net::HttpRequest request) {
          return handle(std::move(request));
      }) {}

Result<> OpsServer::listen(const std::string& path) {
    auto socket = net::listen_unix(path);
    if (!socket) {
        return socket.error();
    }
    server_.listen(*std::move(socket));
    return {};
}

boost::asio::awaitable<void> OpsServer::stop(TimePoint deadline) {
    stopping_ = true;
    fleet_.notify();
    log_.notify();
    co_await server_.stop(deadline);
}

boost::asio::awaitable<net::HttpResponse> OpsServer::handle(net::HttpRequest request) {
    // The mode of the socket says the same; this also holds where a folder's mode lets others in.
    if (!request.peer.uid || (*request.peer.uid != 0 && *request.peer.uid != ::geteuid())) {
        co_return error_response(403, "cannot use the control socket: it belongs to another user");
    }
    const std::string& path = request.path;
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (path == "/livez") {
        co_return json_response(200, R"({"status":"ok"})");
    }
    if (!backend_.has_begun()) {
        co_return error_response(503, "cannot answer yet: the supervisor is starting");
    }
    if (path == "/readyz") {
        co_return ready();
    }
    if (path == "/v1/version" && reads) {
        OrderedJson json;
        json["version"] = backend_.version;
        co_return json_response(200, json::dump(json));
    }
    if (path == "/v1/status" && reads) {
        co_return json_response(200, json::dump(backend_.status()));
    }
    if (path == "/v1/logs" && reads) {
        co_return logs(request);
    }
    if (path == "/v1/shutdown" && request.method == "POST") {
        backend_.shutdown();
        co_return json_response(202, R"({"stopping":true})");
    }
    if (path == "/v1/reload" && request.method == "POST") {
        co_return reload();
    }
    if (path.starts_with(program_prefix)) {
        if (request.method != "POST") {
            co_return error_response(
                405, fmt::format("cannot {} {}: use POST", request.method, path)
            );
        }
        co_return co_await program_action(std::move(request));
    }
    co_return error_response(404, fmt::format("cannot find {}", path));
}

net::HttpResponse OpsServer::ready() const {
    const auto view = backend_.view();
    const bool is_ready = view.overall == supervisor::Overall::healthy ||
                          view.overall == supervisor::Overall::degraded;
    OrderedJson json;
    json["status"] = to_string(view.overall);
    return json_response(is_ready && !view.stopping ? 200 : 503, json::dump(json));
}

// POST /v1/programs/{name}/{action}
boost::asio::awaitable<net::HttpResponse> OpsServer::program_action(net::HttpRequest request) {
    const std::string_view rest = std::string_view(request.path).substr(program_prefix.size());
    const auto slash = rest.rfind('/');
    const std::string action(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
    const auto decoded = text::percent_decode(rest.substr(0, slash));
    const ProgramName name{decoded ? *decoded : std::string(rest.substr(0, slash))};
    const auto view = backend_.view();
    const ProgramView* program = find_program(view, name);
    if (program == nullptr) {
        co_return error_response(404, fmt::format("cannot find the program {}", name.value()));
    }
    if (action == "signal") {
        co_return signal_program(name, request.body);
    }
    if (action != "start" && action != "stop" && action != "restart") {
        co_return error_response(
            404, fmt::format("cannot {} a program: start, stop, restart or signal", action)
        );
    }
    if (view.stopping && action != "stop") {
        co_return error_response(
            409, fmt::format("cannot {} {}: everything is stopping", action, name.value())
        );
    }
    const Generation before = program->generation;
    const bool runs_already = action == "start" && program->pid.has_value();
    if (action == "start") {
        backend_.request(supervisor::event::StartRequested{name});
    } else if (action == "stop") {
        backend_.request(supervisor::event::StopRequested{name});
    } else {
        backend_.request(supervisor::event::RestartRequested{name});
    }
    if (parameter(request.query, "wait") != "1") {
        co_return json_response(202, R"({"accepted":true})");
    }
    while (!stopping_) {
        const auto state = backend_.view();
        const ProgramView* now_is = find_program(state, name);
        if (now_is == nullptr ||
            is_settled(*now_is, action, runs_already ? Generation{} : before)) {
            break;
        }
        if (const char* other = overtaken_by(*now_is, action, state.stopping)) {
            co_return error_response(
                409, fmt::format("cannot {} {}: overtaken by {}", action, name.value(), other)
            );
        }
        co_await fleet_.next();
    }
    for (auto& item : backend_.status()["programs"]) {
        if (item["name"] == name.value()) {
            co_return json_response(200, json::dump(item));
        }
    }
    co_return error_response(410, fmt::format("cannot find the program {} any more", name.value()));
}

net::HttpResponse OpsServer::reload() {
    const auto report = backend_.reload();
    if (!report) {
        // 422: what was read is wrong. 409: it is right, and cannot be put in place now.
        return error_response(
            report.error().code == Errc::invalid ? 422 : 409, report.error().message
        );
    }
    return json_response(200, json::dump(reload_json(*report)));
}

net::HttpResponse OpsServer::signal_program(const ProgramName& program, const std::string& body) {
    const auto json = json::parse(body);
    const std::string word = json ? json::string_or_empty(*json, "signal") : "";
    const auto signal = os::parse_signal(word);
    if (!signal) {
        return error_response(
            400,
            fmt::format(
                R"(cannot send the signal "{}": expected a body such as {{"signal":"HUP"}})", word
            )
        );
    }
    if (const auto sent = backend_.signal(program, *signal); !sent) {
        return error_response(409, sent.error().message);
    }
    return json_response(200, R"({"sent":true})");
}

// GET /v1/logs?program=&lines=N&follow=1: newline-separated records.
net::HttpResponse OpsServer::lines_of_file(
    const supervisor::Program& program, std::size_t lines, bool follow
) {
    const std::string path = log_path(program);
    if (follow) {
        return error_response(
            409,
            fmt::format(
                "cannot follow {}: its output goes to a file of its own (tail -F {})",
                program.name.value(),
                path
            )
        );
    }
    auto records = last_records(program, path, lines);
    if (!records) {
        return error_response(
            records.error().code == Errc::not_found ? 404 : 503, records.error().message
        );
    }
    return {
        .status = 200,
        .headers = {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}},
        .body = *std::move(records),
        .stream = {}
    };
}

net::HttpResponse OpsServer::logs(const net::HttpRequest& request) {
    constexpr std::int64_t default_lines = 100;
    constexpr std::int64_t most_lines = 100'000;
    constexpr std::size_t records_per_piece = 200;
    const std::string program = parameter(request.query, "program");
    const std::string count = parameter(request.query, "lines");
    const auto lines = count.empty() ? default_lines : text::to_integer(count).value_or(-1);
    if (lines < 0) {
        return error_response(400, fmt::format("cannot show {} lines: expected a number", count));
    }
    if (!program.empty() && program != "supervisor" &&
        find_program(backend_.view(), ProgramName{program}) == nullptr) {
        return error_response(404, fmt::format("cannot find the program {}", program));
    }
    const bool follow = parameter(request.query, "follow") == "1";
    if (const supervisor::Program* found = backend_.find(ProgramName{program});
        found != nullptr && !log_path(*found).empty()) {
        return lines_of_file(*found, static_cast<std::size_t>(std::min(lines, most_lines)), follow);
    }
    std::string body;
    for (const auto& record :
         backend_.history->last(program, static_cast<std::size_t>(std::min(lines, most_lines)))) {
        body += record + '\n';
    }
    net::HttpResponse response{
        .status = 200,
        .headers = {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}},
        .body = {},
        .stream = {}
    };
    if (!follow) {
        response.body = std::move(body);
        return response;
    }

    struct Follower {
        std::string first;
        std::uint64_t next;
    };

    auto follower = std::make_shared<Follower>(
        Follower{.first = std::move(body), .next = backend_.history->next()}
    );
    response.stream =
        [this, program, follower]() -> boost::asio::awaitable<std::optional<std::string>> {
        if (!follower->first.empty()) {
            co_return std::exchange(follower->first, {});
        }
        while (!stopping_) {
            std::string piece;
            for (const auto& record :
                 backend_.history->since(program, follower->next, records_per_piece)) {
                piece += record + '\n';
            }
            if (!piece.empty()) {
                co_return piece;
            }
            if (follower->next == backend_.history->next()) {
                co_await log_.next();
            }
        }
        co_return std::nullopt;
    };
    return response;
}

}  // namespace elasticbot::supervise
