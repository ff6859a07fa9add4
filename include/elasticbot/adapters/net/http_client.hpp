// Blocking outgoing HTTP by libcurl, for executors (one task at a time in a process of its own).
#pragma once

#include <elasticbot/adapters/net/http_types.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <string>

namespace elasticbot::net {

struct ClientRequest {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::string body;
    Duration connect_timeout = 5s;
    Duration timeout = 15s;  // Whole transfer: a slow body is cut too.
    std::size_t max_body_bytes = 4 * 1024 * 1024;
    bool follow_redirects = true;  // At most 5, http and https only.
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
    std::string effective_url;
};

// Any status is a response; errors are those of the network: unavailable (no connection, reset,
// TLS), timeout, exhausted (body above the limit). The message names host and reason, never
// credentials. libcurl is loaded at the first call; a missing library is `unavailable`.
Result<ClientResponse> fetch(const ClientRequest& request);

}  // namespace elasticbot::net
