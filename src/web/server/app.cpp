// The order of checks on a request, the headers of every answer, the access log.
#include "request.hpp"
#include "responses.hpp"
#include "routes.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/web/http/hosts.hpp>
#include <elasticbot/web/http/negotiation.hpp>
#include <elasticbot/web/server/app.hpp>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <functional>

namespace elasticbot::web {

namespace {

// 100 requests an hour for everything under /api/v1 and the docs. (elasticbot-api.md 1.6)
constexpr int rate_limit = 100;
constexpr auto rate_window = 1h;

std::string accepted_request_id(const net::Headers& headers) {
    for (const auto* name : {"X-Request-Id", "X-Railway-Request-Id"}) {
        const auto id = net::find_header(headers, name);
        const bool is_printable =
            std::ranges::all_of(id, [](char byte) { return byte > ' ' && byte < 0x7f; });
        if (!id.empty() && id.size() <= 128 && is_printable) {
            return std::string(id);
        }
    }
    return {};
}

std::string_view client_header_of(config::Host host) {
    switch (host) {
        case config::Host::railway:
            return "X-Real-IP";
        case config::Host::fly:
            return "Fly-Client-IP";
        case config::Host::none:
        case config::Host::render:
        case config::Host::heroku:
        case config::Host::cloud_run:
        case config::Host::kubernetes:
            return "";
    }
    return "";
}

http::ProxyPolicy proxy_policy(const config::Config& config) {
    return {
        .trusted = config.web.trusted_proxies,
        .trust_private_peers = config.web.trust_private_peers,
        .proxy_count = config.web.trusted_proxy_count,
        .client_header = std::string(client_header_of(config.host))
    };
}

bool is_preflight(const net::HttpRequest& request) {
    return request.method == "OPTIONS" &&
           !net::find_header(request.headers, "Access-Control-Request-Method").empty();
}

net::HttpResponse empty_response(int status) {
    net::HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "text/html; charset=utf-8"}};
    return response;
}

net::HttpResponse options_response(const Route& route) {
    return json_response(
        200,
        {{"name", route.name},
         {"description", route.description},
         {"renders", {"application/json"}},
         {"parses", {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}
         }}
    );
}

void add_rate_headers(net::HttpResponse& response, const http::ThrottleVerdict& verdict) {
    const auto reset = std::chrono::ceil<std::chrono::seconds>(verdict.reset).count();
    for (const auto* prefix : {"X-RateLimit-", "RateLimit-"}) {  // Both spellings. (decision 38)
        const std::string name(prefix);
        response.headers.emplace_back(name + "Limit", fmt::to_string(verdict.limit));
        response.headers.emplace_back(name + "Remaining", fmt::to_string(verdict.remaining));
        response.headers.emplace_back(name + "Reset", fmt::to_string(reset));
    }
}

net::HttpResponse throttled(std::int64_t seconds) {
    const auto unit = seconds == 1 ? "second" : "seconds";
    OrderedJson body = {
        {"error", true},
        {"status_code", 429},
        {"detail", fmt::format("Request was throttled. Expected available in {} {}.", seconds, unit)
        },
        {"error_type", "Throttled"},
        {"code", "throttled"},
        {"retry_after", seconds}
    };
    auto response = json_response(429, body);
    response.headers.emplace_back("Retry-After", fmt::to_string(seconds));
    return response;
}

// A weak validator over the body: what has not changed is answered 304.
void add_validator(net::HttpResponse& response, const net::HttpRequest& request) {
    const auto tag = fmt::format("W/\"{:016x}\"", std::hash<std::string>{}(response.body));
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("Cache-Control", "no-cache");
    const auto known = text::split_list(net::find_header(request.headers, "If-None-Match"));
    if (std::ranges::find(known, tag) != known.end()) {
        response.status = 304;
        response.body.clear();
    }
}

}  // namespace

class App::Impl {
public:
    explicit Impl(Context context)
        : context_(std::move(context)),
          proxies_(proxy_policy(context_.config)),
          throttle_(rate_limit, rate_window) {}

    net::awaitable<net::HttpResponse> handle(net::HttpRequest raw) {
        Request request = understand(std::move(raw));
        const RouteMatch match = match_route(request.raw.path);
        request.argument = match.argument;
        auto response = co_await answer(request, match);
        add_common_headers(response, request, match.route);
        write_access_log(request, response, match.route);
        co_return response;
    }

private:
    Request understand(net::HttpRequest raw) {
        Request request{.raw = std::move(raw)};
        const auto& headers = request.raw.headers;
        request.query = http::Query::parse(request.raw.query);
        request.id = accepted_request_id(headers);
        if (request.id.empty()) {
            request.id = boost::uuids::to_string(new_uuid_());
        }
        const http::Forwarded forwarded{
            .peer = request.raw.peer.address,
            .forwarded_for = net::find_header(headers, "X-Forwarded-For"),
            .forwarded_proto = net::find_header(headers, "X-Forwarded-Proto"),
            .client_header = proxies_.client_header.empty()
                                 ? ""
                                 : net::find_header(headers, proxies_.client_header)
        };
        request.client = http::client_address(forwarded, proxies_);
        request.is_https = http::is_https(forwarded, proxies_);
        return request;
    }

    // CORS preflight, host, redirect, route, content negotiation, rate limit, method, view.
    // (elasticbot-api.md 1.4)
    net::awaitable<net::HttpResponse> answer(const Request& request, const RouteMatch& match) {
        const auto& raw = request.raw;
        const bool is_health = match.route != nullptr && match.route->kind == RouteKind::health;
        if (is_preflight(raw)) {
            co_return empty_response(200);
        }
        const auto host = net::find_header(raw.headers, "Host");
        if (!is_health && !http::is_allowed_host(host, context_.config.web.allowed_hosts)) {
            co_return bad_request_page();
        }
        if (match.route == nullptr) {
            co_return not_found_page();
        }
        if (match.lacks_slash) {
            auto redirect = empty_response(301);
            const auto query = raw.query.empty() ? "" : "?" + raw.query;
            redirect.headers.emplace_back("Location", raw.path + "/" + query);
            co_return redirect;
        }
        if (is_health) {
            co_return co_await answer_health(request, *match.route);
        }
        co_return co_await answer_api(request, *match.route);
    }

    net::awaitable<net::HttpResponse> answer_health(const Request& request, const Route& route) {
        const auto& method = request.raw.method;
        if (method == "OPTIONS") {
            co_return options_response(route);
        }
        if (method != "GET" && method != "HEAD") {
            co_return method_not_allowed(method);
        }
        auto response = co_await route.get(context_, request);
        response.headers.emplace_back("Cache-Control", "no-store");
        co_return response;
    }

    net::awaitable<net::HttpResponse> answer_api(const Request& request, const Route& route) {
        const auto& method = request.raw.method;
        if (const auto format = request.query.find("format"); format && *format != "json") {
            co_return not_found();
        }
        if (!http::accepts(net::find_header(request.raw.headers, "Accept"), "application/json")) {
            co_return framework_error(
                406,
                "Could not satisfy the request Accept header.",
                "NotAcceptable",
                "not_acceptable"
            );
        }
        std::optional<http::ThrottleVerdict> verdict;
        if (context_.config.web.rate_limiting) {
            verdict = throttle_.admit(request.client.value_or(""), request.raw.received);
        }
        net::HttpResponse response;
        if (verdict && verdict->retry_after) {
            response = throttled(*verdict->retry_after);
        } else if (method == "OPTIONS") {
            response = options_response(route);
        } else if (method == "GET" || method == "HEAD") {
            response = co_await route.get(context_, request);
            if (response.status == 200) {
                add_validator(response, request.raw);
            }
        } else {
            response = method_not_allowed(method);
        }
        if (verdict) {
            add_rate_headers(response, *verdict);
        }
        co_return response;
    }

    void add_common_headers(net::HttpResponse& response, const Request& request, const Route* route)
        const {
        auto& headers = response.headers;
        if (route != nullptr && response.status != 301 && !is_preflight(request.raw)) {
            headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
        }
        headers.emplace_back("Vary", "origin");
        headers.emplace_back("X-Frame-Options", "DENY");
        headers.emplace_back("X-Content-Type-Options", "nosniff");
        headers.emplace_back("Referrer-Policy", "same-origin");
        headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
        headers.emplace_back("X-Request-Id", request.id);
        add_cors_headers(headers, request.raw);
    }

    void add_cors_headers(net::Headers& headers, const net::HttpRequest& request) const {
        const auto origin = net::find_header(request.headers, "Origin");
        const auto& allowed = context_.config.web.cors_allowed_origins;
        if (std::ranges::find(allowed, origin) == allowed.end()) {
            // The recorded preflight of a foreign origin carries this one alone; without the origin
            // it allows nothing.
            if (!origin.empty() && is_preflight(request)) {
                headers.emplace_back("Access-Control-Allow-Credentials", "true");
            }
            return;
        }
        headers.emplace_back("Access-Control-Allow-Origin", origin);
        headers.emplace_back("Access-Control-Allow-Credentials", "true");
        if (is_preflight(request)) {
            headers.emplace_back(
                "Access-Control-Allow-Headers",
                "accept, accept-encoding, authorization, content-type, dnt, origin, user-agent, "
                "x-csrftoken, x-requested-with"
            );
            headers.emplace_back(
                "Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, PATCH, POST, PUT"
            );
            headers.emplace_back("Access-Control-Max-Age", "86400");
        }
    }

    // Every failure, health or not; a share of the rest. (deploy.md D-LOG-8, D-HTTP-3)
    void write_access_log(
        const Request& request, const net::HttpResponse& response, const Route* route
    ) {
        const bool is_failure = response.status >= 500;
        if (!is_failure) {
            if (route != nullptr && route->kind == RouteKind::health) {
                return;
            }
            sampled_ += context_.config.logging.access_log_sample;
            if (sampled_ < 1.0) {
                return;
            }
            sampled_ -= 1.0;
        }
        const std::chrono::duration<double, std::milli> took = now() - request.raw.received;
        log::write(
            is_failure ? log::Level::error : log::Level::info,
            "http.request",
            fmt::format("{} {} {}", request.raw.method, request.raw.path, response.status),
            {{"method", request.raw.method},
             {"path", request.raw.path},
             {"status", response.status},
             {"duration_ms", std::round(took.count() * 100) / 100},
             {"client", request.client.value_or("")},
             {"request_id", request.id}}
        );
    }

    Context context_;
    http::ProxyPolicy proxies_;
    http::Throttle throttle_;
    boost::uuids::random_generator new_uuid_;
    double sampled_ = 0;
};

App::App(Context context) : impl_(std::make_unique<Impl>(std::move(context))) {}

App::~App() = default;

net::awaitable<net::HttpResponse> App::handle(net::HttpRequest request) {
    return impl_->handle(std::move(request));
}

}  // namespace elasticbot::web
