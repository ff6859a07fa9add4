// The list of routes, and the search in it.
#include "routes.hpp"

#include "endpoints/endpoints.hpp"

#include <array>

namespace elasticbot::web {

namespace {

using enum RouteKind;

constexpr std::string_view market_data =
    "API endpoints for market data: snapshots of the USDT/BOB P2P market in Bolivia.";

// A fixed path stands before the pattern that would match it too.
constexpr std::array routes = {
    Route{"/health/", health, endpoints::health, "Health", "Deploy gate."},
    Route{"/api/health/", health, endpoints::health, "Health", "Deploy gate."},
    Route{
        "/health/detailed/",
        health,
        endpoints::health_detailed,
        "Health Detailed",
        "Dependencies and programs."
    },
    Route{"/livez/", health, endpoints::live, "Live", "The process works."},
    Route{"/api/health/live/", health, endpoints::live, "Live", "The process works."},
    Route{"/readyz/", health, endpoints::ready, "Ready", "Traffic may be sent here."},
    Route{"/api/v1/market-data/", api, endpoints::list_snapshots, "Snapshot List", market_data},
    Route{
        "/api/v1/market-data/latest/",
        api,
        endpoints::latest_snapshot,
        "Snapshot Latest",
        market_data
    },
    Route{
        "/api/v1/market-data/{id}/", api, endpoints::get_snapshot, "Snapshot Instance", market_data
    },
};

// Whether `path` is `pattern`; `argument` becomes the segment that stands for {id}.
bool matches(std::string_view path, std::string_view pattern, std::string& argument) {
    const auto open = pattern.find('{');
    if (open == std::string_view::npos) {
        return path == pattern;
    }
    const auto tail = pattern.substr(pattern.find('}') + 1);
    if (!path.starts_with(pattern.substr(0, open)) || !path.ends_with(tail) ||
        path.size() <= open + tail.size()) {
        return false;
    }
    const auto segment = path.substr(open, path.size() - open - tail.size());
    if (segment.find('/') != std::string_view::npos) {
        return false;
    }
    argument = segment;
    return true;
}

const Route* find(std::string_view path, std::string& argument) {
    for (const auto& route : routes) {
        if (matches(path, route.path, argument)) {
            return &route;
        }
    }
    return nullptr;
}

}  // namespace

std::span<const Route> all_routes() {
    return routes;
}

RouteMatch match_route(std::string_view path) {
    RouteMatch match;
    std::string normal(path);
    constexpr std::string_view suffix = ".json";
    if (path.starts_with("/api/v1/") && path.ends_with(suffix)) {
        normal = std::string(path.substr(0, path.size() - suffix.size())) + "/";
    }
    match.route = find(normal, match.argument);
    if (match.route == nullptr && !normal.ends_with('/')) {
        match.route = find(normal + "/", match.argument);
        // Health paths are answered in both forms. (decision 38)
        match.lacks_slash = match.route != nullptr && match.route->kind != RouteKind::health;
    }
    return match;
}

}  // namespace elasticbot::web
