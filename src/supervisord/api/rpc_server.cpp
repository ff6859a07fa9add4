#include "rpc_server.hpp"

#include "authentication.hpp"
#include "listening.hpp"
#include "process_info.hpp"
#include "web_actions.hpp"
#include "web_page.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisor/driver/log_follower.hpp>
#include <elasticbot/supervisor/driver/log_text.hpp>
#include <elasticbot/web/http/query.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <random>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view log_prefix = "/logtail";
constexpr std::string_view main_log_prefix = "/mainlogtail";

// A start is waited for as long as it takes.
constexpr Duration longest_call = std::chrono::hours(24 * 365);

// (hardening F5)
net::HttpLimits limits() {
    net::HttpLimits limits;
    limits.max_body_bytes = xmlrpc::Limits{}.bytes;
    limits.max_connections = 1000;
    limits.request_timeout = longest_call;
    return limits;
}

std::string_view reason_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 411:
            return "Length Required";
        default:
            return "Internal Server Error";
    }
}

net::HttpResponse refusal(int status) {
    return {
        .status = status,
        .headers = {{"Content-Type", "text/html"}},
        .body = error_page(status, reason_of(status)),
        .stream = {},
        .is_last = status == 401
    };
}

net::HttpResponse html(std::string body) {
    return {
        .status = 200,
        .headers =
            {{"Content-Type", "text/html; charset=utf-8"},
             {"Cache-Control", "no-store"},
             {"X-Frame-Options", "DENY"},
             {"Referrer-Policy", "same-origin"}},
        .body = std::move(body),
        .stream = {}
    };
}

// Value of a parameter of a query or a form; "" when absent.
std::string parameter(std::string_view form, std::string_view name) {
    return http::Query::parse(form).find(name).value_or("");
}

// A browser says where a request comes from; what other programs send does not.
bool comes_from_elsewhere(const net::HttpRequest& request) {
    const auto site = net::find_header(request.headers, "Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none") {
        return true;
    }
    const auto origin = net::find_header(request.headers, "Origin");
    const auto host = net::find_header(request.headers, "Host");
    return !origin.empty() && origin != fmt::format("http://{}", host) &&
           origin != fmt::format("https://{}", host);
}

std::string http_date(std::time_t moment) {
    std::tm utc{};
    ::gmtime_r(&moment, &utc);
    std::array<char, 64> text{};
    const auto length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    return {text.data(), length};
}

std::string random_token() {
    std::random_device random;
    std::string token;
    for (int i = 0; i < 4; ++i) {
        token += fmt::format("{:08x}", random());
    }
    return token;
}

// Everybody who reaches the port could run what they like. (hardening F6)
std::optional<Error> problem_with(const HttpServer& server) {
    if (!server.path.empty() || server.username || server.allows_anybody ||
        is_loopback(server.address)) {
        return std::nullopt;
    }
    return Error{
        Errc::denied,
        fmt::format(
            "[{}] port={}:{} is open to other machines and has no password; set username and "
            "password, listen on 127.0.0.1, or set allow_unauthenticated=true in that section",
            server.section,
            server.address.host.empty() ? "*" : server.address.host,
            server.address.port
        )
    };
}

}  // namespace

RpcServers::RpcServers(boost::asio::io_context& io, const Methods& methods, std::string product)
    : io_(io), methods_(methods), product_(std::move(product)), token_(random_token()) {}

Result<> RpcServers::open(const File& file) {
    std::vector<std::pair<HttpServer, os::Fd>> bound;
    std::vector<SocketFile> files;
    const auto take_back = [&] {
        for (const SocketFile& each : files) {
            each.remove();
        }
    };
    for (const auto* servers : {&file.inet_servers, &file.unix_servers}) {
        for (const HttpServer& server : *servers) {
            if (const auto problem = problem_with(server)) {
                take_back();
                return *problem;
            }
            auto socket = server.path.empty() ? listen_at_port(server) : listen_at_path(server);
            if (!socket) {
                take_back();
                return socket.error();
            }
            files.emplace_back(server.path);
            bound.emplace_back(server, *std::move(socket));
        }
    }
    for (auto& [configured, socket] : bound) {
        auto http = std::make_unique<net::HttpServer>(
            io_.get_executor(),
            limits(),
            [this, configured](net::HttpRequest request) {
                return answer(configured, std::move(request));
            }
        );
        http->listen(std::move(socket));
        servers_.push_back({std::move(http), SocketFile(configured.path)});
    }
    return {};
}

boost::asio::awaitable<void> RpcServers::stop(TimePoint deadline) {
    for (const Server& server : servers_) {
        server.file.remove();
    }
    for (const Server& server : servers_) {
        co_await server.http->stop(deadline);
    }
}

RpcServers::Task RpcServers::answer(const HttpServer& configured, net::HttpRequest request) {
    const auto given = net::find_header(request.headers, "Authorization");
    net::HttpResponse response;
    if (configured.username && !is_authorised(given, *configured.username, configured.password)) {
        response = refusal(401);
        response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"default\"");
    } else if (request.path.starts_with("/RPC2")) {
        response = co_await call(std::move(request));
    } else if (request.path.starts_with(log_prefix)) {
        response = follow_process(request);
    } else if (request.path.starts_with(main_log_prefix)) {
        response = follow(request, methods_.backend().main_log);
    } else {
        response = co_await page(std::move(request));
    }
    response.headers.emplace_back("Server", product_);
    co_return response;
}

RpcServers::Task RpcServers::call(net::HttpRequest request) {
    if (request.method != "POST") {
        co_return refusal(400);
    }
    const bool has_length = !net::find_header(request.headers, "Content-Length").empty();
    if (!has_length && net::find_header(request.headers, "Transfer-Encoding").empty()) {
        co_return refusal(411);
    }
    auto call = xmlrpc::parse_call(request.body);
    if (!call) {
        co_return refusal(400);
    }
    co_return net::HttpResponse{
        .status = 200,
        .headers = {{"Content-Type", "text/xml"}},
        .body = co_await methods_.answer(*std::move(call)),
        .stream = {}
    };
}

// -------------------------------------------------------------------------------------------------
// logs that go on

net::HttpResponse RpcServers::follow(const net::HttpRequest& request, std::string_view log) {
    if (request.method != "GET") {
        return refusal(400);
    }
    struct stat status{};
    const std::string path(log);
    const auto follower = std::make_shared<supervise::LogFollower>(io_.get_executor(), path);
    if (path.empty() || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
        !follower->open()) {
        return refusal(404);
    }
    return {
        .status = 200,
        .headers =
            {{"Content-Type", "text/plain;charset=utf-8"},
             {"Last-Modified", http_date(status.st_mtime)},
             {"X-Accel-Buffering", "no"}},
        .body = {},
        .stream = [follower]() -> boost::asio::awaitable<std::optional<std::string>> {
            co_return co_await follower->next();
        }
    };
}

// /logtail/NAME, /logtail/NAME/stderr
net::HttpResponse RpcServers::follow_process(const net::HttpRequest& request) {
    if (request.method != "GET") {
        return refusal(400);
    }
    std::string_view rest = std::string_view(request.path).substr(log_prefix.size());
    rest = rest.starts_with('/') ? rest.substr(1) : rest;
    const auto slash = rest.find('/');
    const std::string_view channel =
        slash == std::string_view::npos ? "stdout" : rest.substr(slash + 1);
    const auto name = text::percent_decode(rest.substr(0, slash));
    if (!name || (channel != "stdout" && channel != "stderr")) {
        return refusal(404);
    }
    const auto found = methods_.backend().commands->find(*name);
    if (!found || *found == nullptr) {
        return refusal(404);
    }
    return follow(
        request, channel == "stdout" ? (*found)->standard_output : (*found)->standard_error
    );
}

// -------------------------------------------------------------------------------------------------
// the web page

RpcServers::Task RpcServers::page(net::HttpRequest request) {
    const bool is_read = request.method == "GET" || request.method == "HEAD";
    const bool is_form = request.method == "POST";
    const std::string& path = request.path;
    if (!is_read && !is_form) {
        co_return refusal(400);
    }
    if (path == "/ok.html") {
        co_return html("OK");
    }
    if (path == "/tail.html") {
        co_return show_tail(request.query);
    }
    if (path != "/" && path != "/index.html") {
        co_return refusal(404);
    }
    if (is_form) {
        const bool is_ours = parameter(request.body, "token") == token_;
        co_return co_await act(request, request.body, is_ours);
    }
    if (parameter(request.query, "action").empty()) {
        co_return show_status(parameter(request.query, "message"));
    }
    // The reference acts on links. Scripts may, a foreign page in somebody's browser may not.
    co_return co_await act(request, request.query, !comes_from_elsewhere(request));
}

RpcServers::Task RpcServers::act(
    const net::HttpRequest& request, std::string form, bool is_trusted
) {
    if (!is_trusted) {
        co_return refusal(403);
    }
    const auto message = co_await web_action(
        *methods_.backend().commands, parameter(form, "action"), parameter(form, "processname")
    );
    if (!message) {
        co_return refusal(400);
    }
    const auto host = net::find_header(request.headers, "Host");
    const std::string place = fmt::format(
        "{}/?message={}",
        host.empty() ? std::string() : fmt::format("http://{}", host),
        text::percent_encode(*message)
    );
    co_return net::HttpResponse{
        .status = request.method == "POST" ? 303 : 301,
        .headers = {{"Location", place}, {"Cache-Control", "no-store"}},
        .body = {},
        .stream = {}
    };
}

net::HttpResponse RpcServers::show_status(std::string_view message) const {
    const WallTime now = wall_now();
    std::vector<PageRow> rows;
    for (const Entry* const entry : methods_.backend().commands->table().by_name()) {
        rows.push_back(
            {entry->full_name(),
             entry->record.state(),
             entry->record.description(now, utc_offset_at(entry->record.stopped()))}
        );
    }
    return html(status_page(
        rows, methods_.backend().identifier, methods_.backend().version, message, token_
    ));
}

net::HttpResponse RpcServers::show_tail(std::string_view query) const {
    const std::string name = parameter(query, "processname");
    const auto limit = text::to_integer(parameter(query, "limit")).value_or(1024);
    if (name.empty()) {
        return html(tail_page(name, "No process name found"));
    }
    const auto found = methods_.backend().commands->find(name);
    if (!found || *found == nullptr) {
        return html(
            tail_page(name, fmt::format("ERROR: unexpected rpc fault [10] BAD_NAME: {}", name))
        );
    }
    constexpr std::int64_t most = std::int64_t{1024} * 1024;
    const auto text = supervise::read_log(
        (*found)->standard_output, -std::clamp<std::int64_t>(limit, 1, most), 0
    );
    return html(tail_page(name, text ? *text : "ERROR: no log file"));
}

}  // namespace elasticbot::supervisord
