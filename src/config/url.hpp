// Splits a service URL far enough to say what is wrong with it, without ever repeating it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace elasticbot::config {

struct Url {
    std::string scheme;
    std::string user;
    std::string password;
    std::string host;  // Without brackets.
    int port = 0;      // 0: not given
    int hosts = 0;     // Separated by commas; `host` and `port` are the last one's.
    std::string path;  // With its slash.
    std::string query;
};

// The error is a reason without the URL: `its port "54x2" is not a number from 1 to 65535`.
std::expected<Url, std::string> split_url(std::string_view text);

// The reason why this is no URL for that service, or "".
std::string postgres_url_problem(std::string_view text);
std::string redis_url_problem(std::string_view text);
std::string http_url_problem(std::string_view text);

// "127.0.0.1", "::1": written as digits, no name.
bool is_numeric_address(std::string_view text);

}  // namespace elasticbot::config
