// Requests in, pages of made-up advertisements out.
#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/product/feeds/binance_stand_in.hpp>
#include <elasticbot/product/simulated_market/market.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include <netinet/in.h>
#include <sys/socket.h>

namespace elasticbot::market_role {

namespace {

using boost::asio::awaitable;
using net::HttpRequest;
using net::HttpResponse;

constexpr int not_permitted = 77;  // deploy.md D-EXIT

// What the next searches get in place of an answer.
struct Fault {
    std::string kind;
    int count = 0;
    int retry_after = 1;
};

HttpResponse respond(int status, std::string type, std::string body) {
    return {
        .status = status,
        .headers = {{"Content-Type", std::move(type)}, {"X-Elasticbot-Simulated", "1"}},
        .body = std::move(body)
    };
}

HttpResponse refuse(int status, std::string_view reason) {
    return respond(status, "application/json", json::dump(Json{{"error", reason}}));
}

// One byte a second, for as long as somebody listens.
awaitable<std::optional<std::string>> drip() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 1s);
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return " ";
}

// The connection ends in the middle of the answer.
awaitable<std::optional<std::string>> hang_up() {
    throw boost::system::system_error(make_error_code(boost::system::errc::connection_reset));
    co_return std::nullopt;
}

HttpResponse faulty(const Fault& fault) {
    if (fault.kind == "html") {
        return respond(200, "text/html", "<html><body><h1>Access denied</h1></body></html>");
    }
    if (fault.kind == "garbage") {
        return respond(200, "application/json", "\x1f\x8b\xff{\"success\":tru");
    }
    if (fault.kind == "refuse") {
        return respond(
            200,
            "application/json",
            R"({"code":"000002","message":"illegal parameter","data":null,"success":false})"
        );
    }
    if (fault.kind == "empty") {
        return respond(
            200,
            "application/json",
            R"({"code":"000000","data":[],"total":0,"success":true,"simulated":true})"
        );
    }
    if (fault.kind == "429") {
        auto response =
            respond(429, "application/json", R"({"code":"-1003","msg":"Too many requests."})");
        response.headers.emplace_back("Retry-After", std::to_string(fault.retry_after));
        return response;
    }
    auto response = respond(200, "application/json", "");
    response.stream = fault.kind == "slow" ? drip : hang_up;
    return response;
}

class StandIn {
public:
    explicit StandIn(Options options)
        : options_(std::move(options)), first_slot_(slot(wall_now())) {}

    HttpResponse handle(const HttpRequest& request) {
        if (request.method == "POST") {
            return request.path == "/fault" ? set_fault(request) : search(request);
        }
        if (request.method != "GET" && request.method != "HEAD") {
            return refuse(405, "cannot answer this method");
        }
        if (request.path == "/row") {
            return row_summary();
        }
        if (request.path == "/") {
            return landing_page();
        }
        return refuse(404, "cannot find this page");
    }

private:
    std::int64_t slot(WallTime time) const {
        return std::chrono::duration_cast<Duration>(time.time_since_epoch()) / options_.interval;
    }

    // The last row stays when the replay is over.
    std::size_t replay_index() const {
        const auto passed = std::max<std::int64_t>(slot(wall_now()) - first_slot_, 0);
        return std::min(static_cast<std::size_t>(passed), options_.replay.size() - 1);
    }

    market::MarketRow row() const {
        return options_.replay.empty() ? market::simulated_row(wall_now(), options_.seed)
                                       : options_.replay[replay_index()];
    }

    HttpResponse search(const HttpRequest& request) {
        if (fault_.count > 0) {
            --fault_.count;
            return faulty(fault_);
        }
        const auto search = feeds::parse_binance_search(request.body);
        if (!search) {
            return refuse(400, search.error().message);
        }
        const auto now_row = row();
        const auto& side = search->side == market::Side::sell ? now_row.sell : now_row.buy;
        return respond(
            200,
            "application/json;charset=UTF-8",
            feeds::encode_binance_page(market::advertisements(side, search->side), *search)
        );
    }

    HttpResponse set_fault(const HttpRequest& request) {
        static constexpr std::array<std::string_view, 7> kinds = {
            "html", "garbage", "refuse", "empty", "429", "slow", "drop"
        };
        const auto body = json::parse(request.body);
        if (!body || !body->is_object()) {
            return refuse(400, "cannot read the fault: the body is not a JSON object");
        }
        Fault fault{.kind = json::string_or_empty(*body, "kind")};
        if (std::ranges::find(kinds, fault.kind) == kinds.end()) {
            return refuse(
                400, fmt::format("cannot do this fault; known: {}", fmt::join(kinds, ", "))
            );
        }
        const auto number = [&](const char* key, int otherwise) {
            const auto member = body->find(key);
            return member != body->end() && member->is_number_integer() ? member->get<int>()
                                                                        : otherwise;
        };
        fault.count = number("count", 1);
        fault.retry_after = number("retry_after", 1);
        fault_ = fault;
        return respond(200, "application/json", R"({"ok":true})");
    }

    HttpResponse row_summary() const {
        const auto now_row = row();
        return respond(
            200,
            "application/json",
            json::dump(Json{
                {"time", to_rfc3339(now_row.time)},
                {"index", options_.replay.empty() ? Json() : Json(replay_index())},
                {"sell_median", now_row.sell.median.to_string()},
                {"buy_median", now_row.buy.median.to_string()}
            })
        );
    }

    // The structure that the real page has. (market-reality.md)
    HttpResponse landing_page() const {
        const auto today = std::chrono::floor<std::chrono::days>(wall_now() - 4h);  // Bolivia
        const auto date = std::chrono::year_month_day(today);
        const std::string iso = fmt::format(
            "{:04}-{:02}-{:02}",
            static_cast<int>(date.year()),
            unsigned{date.month()},
            unsigned{date.day()}
        );
        const auto rate =
            market::simulated_row(today, options_.seed).sell.median.rounded(2).to_string();
        return respond(
            200,
            "text/html; charset=utf-8",
            fmt::format(
                "<!DOCTYPE html><html lang=\"es\"><title>Simulado</title><body><section "
                "class=\"is-tc-oficial\">"
                "<span class=\"bcb-tco-num\">{}</span><p class=\"bcb-kpi2-asof\"><time "
                "datetime=\"{}\">{}</time></p>"
                "</section></body></html>",
                rate,
                iso,
                iso
            )
        );
    }

    Options options_;
    std::int64_t first_slot_;
    Fault fault_;
};

// The one that the system chose, where port 0 was asked for.
std::uint16_t bound_port(int listening) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): sockets API.
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(
        address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                      : reinterpret_cast<const sockaddr_in&>(address).sin_port
    );
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
}

awaitable<int> serve(host::RoleHost& host, Options options) {
    auto listening = net::listen_tcp(options.address, options.port);
    if (!listening) {
        log::error("market.not_listening", listening.error().message);
        co_return not_permitted;
    }
    const std::string place =
        fmt::format("http://{}:{}", options.address, bound_port(listening->get()));
    StandIn stand_in(std::move(options));
    net::HttpServer server(
        host.io().get_executor(),
        {},
        [&stand_in](HttpRequest request) -> awaitable<HttpResponse> {
            co_return stand_in.handle(request);
        }
    );
    server.listen(std::move(*listening));
    host.ready(fmt::format("simulated market at {}", place));
    log::info("market.listening", "simulated market answers", {{"url", place}});
    co_await host.stop_requested();
    co_await server.stop(now() + 500ms);
    co_return 0;
}

}  // namespace

int run(Options options) {
    host::RoleHost host("market");
    return host.run([&host, &options] { return serve(host, std::move(options)); });
}

}  // namespace elasticbot::market_role
