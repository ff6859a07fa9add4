// Blocking outgoing HTTP by libcurl, for executors (one task at a time in a process of its own).
#pragma once

#include <elasticbot/adapters/net/http_types.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace elasticbot::http {

struct Request {
    std::string method = "GET";
    std::string url;
    net::Headers headers;
    std::string body;
    Duration connect_timeout = 5s;
    Duration timeout = 15s;  // Whole transfer: a slow body is cut too.
    std::size_t max_body_bytes = std::size_t{4} * 1024 * 1024;
    bool follow_redirects = true;  // At most 5, http and https only.
};

struct Response {
    int status = 0;
    net::Headers headers;  // Of the last answer where redirects were followed.
    std::string body;      // Decoded where it came compressed; the limit counts decoded bytes.
    std::string effective_url;
};

// Any status is a response; errors are those of the network: unavailable (no connection, reset,
// TLS, cut short), timeout, exhausted (body above the limit), invalid (URL, too many redirects).
// The message names host and reason, never credentials or paths. libcurl is loaded at the first
// call; a missing library is `unavailable`. Proxy variables hold, except for loopback addresses.
Result<Response> fetch(const Request& request);

// What does the fetching, so that tests answer in place of a network.
using Fetch = std::function<Result<Response>(const Request&)>;

// Header Retry-After as a delay from `now`: seconds or a date. nullopt: absent or unreadable; never
// negative.
std::optional<Duration> retry_after(const net::Headers& headers, WallTime now);

// "p2p.binance.com" of a URL, with its port if given, without credentials: for messages.
std::string host_of(std::string_view url);

}  // namespace elasticbot::http
