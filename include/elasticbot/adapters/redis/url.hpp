// Where a Redis server is: the URL forms that Celery understands. (celery-wire.md 1.1)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/secret.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace elasticbot::redis {

struct Target {
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    std::string socket_path;  // If set: a unix socket, and host and port mean nothing.
    std::string user;
    Secret password;
    int database = 0;
    bool tls = false;
    bool is_sentinel = false;

    bool operator==(const Target&) const = default;
};

// redis://[user][:password]@host[:port][/db], rediss://, redis+socket:// and socket:// with
// ?virtual_host= or ?db=, unix://path, sentinel://; several joined by ';' are tried in order. Every
// part is percent-decoded. Errors are `invalid` and never show the password: unknown schemes,
// redis+cluster, ports and databases that are no numbers.
Result<std::vector<Target>> parse_url(const Secret& url);

// "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock": for messages.
std::string to_string(const Target& target);

}  // namespace elasticbot::redis
