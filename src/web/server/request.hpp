// A request as endpoints see it: parsed, with the client known.
#pragma once

#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/web/http/query.hpp>

#include <optional>
#include <string>

namespace elasticbot::web {

struct Request {
    net::HttpRequest raw;
    http::Query query;
    std::string id;                     // X-Request-Id, or made here. (deploy.md D-HTTP-8)
    std::optional<std::string> client;  // Numeric address; nullopt when a proxy sent nonsense.
    bool is_https = false;
    std::string argument;  // What stands for {id} in the route's path.

    // "http://localhost:8000", for absolute links.
    std::string origin() const {
        return fmt::format(
            "{}://{}", is_https ? "https" : "http", net::find_header(raw.headers, "Host")
        );
    }
};

}  // namespace elasticbot::web
