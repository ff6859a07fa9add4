// Asks the supervisor over its control socket: blocking, for commands. No library is needed for it.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace elasticbot::control {

struct Request {
    std::string method = "GET";
    std::string target;  // Path and query, encoded: "/v1/status".
    std::string body;    // JSON; empty: none.
    Duration timeout = 5s;
};

struct Response {
    int status = 0;
    std::string body;
};

// unavailable: nobody listens at the socket (no such file, or nobody accepts). denied: it belongs
// to somebody else.
Result<Response> send(const std::string& socket_path, const Request& request);

// The same, and the answer's body. A status of 400 and above is an error that says what the
// supervisor said: 404 not_found, 403 denied, 409 conflict, others invalid.
Result<std::string> fetch(const std::string& socket_path, const Request& request);

// The same, and the body as JSON.
Result<Json> fetch_json(const std::string& socket_path, const Request& request);

// Hands each line of the answer over as it comes, until the supervisor ends it or `on_line` returns
// false. The timeout holds for the first byte; after that lines may be far apart.
Result<> follow_lines(
    const std::string& socket_path,
    const Request& request,
    const std::function<bool(std::string_view)>& on_line
);

// Whether a supervisor accepts connections there.
bool is_listening(const std::string& socket_path);

}  // namespace elasticbot::control
