// Every path that is answered, and what answers it.
#pragma once

#include "request.hpp"

#include <elasticbot/web/server/app.hpp>

#include <span>
#include <string>
#include <string_view>

namespace elasticbot::web {

using Endpoint = net::awaitable<net::HttpResponse> (*)(Context&, const Request&);

// Health paths are asked by platforms: no host check, no rate limit, not in the access log unless
// they fail.
enum class RouteKind { health, api };

struct Route {
    std::string_view path;  // "{id}" stands for one path segment.
    RouteKind kind;
    Endpoint get;
    std::string_view name;  // For OPTIONS.
    std::string_view description;
};

// Written out in routes.cpp.
std::span<const Route> all_routes();

struct RouteMatch {
    const Route* route = nullptr;  // nullptr: unknown path.
    bool lacks_slash = false;      // Known, once a '/' is added.
    std::string argument;
};

// A suffix ".json" in place of the last slash means the same as the slash. (elasticbot-api.md 1.1)
RouteMatch match_route(std::string_view path);

}  // namespace elasticbot::web
