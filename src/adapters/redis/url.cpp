// One URL at a time: scheme, credentials, place, database, query.
#include <elasticbot/adapters/redis/url.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace elasticbot::redis {

namespace {

Error bad(std::string_view why) {
    return {Errc::invalid, fmt::format("cannot read the Redis URL: {}", why)};
}

Result<int> parse_database(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    auto number = text::to_integer(text);
    if (!number || *number < 0 || *number > 1'000'000) {
        return bad(fmt::format("database '{}' is not a number", text));
    }
    return static_cast<int>(*number);
}

// The value of the first of the names in "a=1&b=2".
std::string_view query_value(
    std::string_view query, std::initializer_list<std::string_view> names
) {
    for (auto part : text::split(query, '&')) {
        auto equals = part.find('=');
        for (auto name : names) {
            if (equals != std::string_view::npos && part.substr(0, equals) == name) {
                return part.substr(equals + 1);
            }
        }
    }
    return {};
}

// "user:password" in front of '@'. Errors do not repeat the text: it holds the password.
Result<> read_credentials(std::string_view text, Target& target) {
    auto colon = text.find(':');
    auto user = text::percent_decode(text.substr(0, colon));
    auto password =
        text::percent_decode(colon == std::string_view::npos ? "" : text.substr(colon + 1));
    if (!user || !password) {
        return bad("user or password has a broken percent escape");
    }
    target.user = std::move(*user);
    target.password = Secret(std::move(*password));
    return {};
}

Result<> read_host_and_port(std::string_view text, Target& target) {
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        auto bracket = text.find(']');
        if (bracket == std::string_view::npos) {
            return bad("'[' without ']'");
        }
        host = text.substr(1, bracket - 1);
        auto rest = text.substr(bracket + 1);
        if (!rest.empty() && rest.front() != ':') {
            return bad("something stands between ']' and the port");
        }
        port = rest.empty() ? rest : rest.substr(1);
    } else if (auto colon = text.rfind(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    auto decoded = text::percent_decode(host);
    if (!decoded) {
        return bad("host has a broken percent escape");
    }
    if (!decoded->empty()) {
        target.host = std::move(*decoded);
    }
    if (!port.empty()) {
        auto number = text::to_integer(port);
        if (!number || *number < 1 || *number > 65535) {
            return bad(fmt::format("port '{}' is not a number from 1 to 65535", port));
        }
        target.port = static_cast<std::uint16_t>(*number);
    }
    return {};
}

Result<Target> parse_one(std::string_view url) {
    if (url.find("${{") != std::string_view::npos) {
        return bad("it still contains ${{…}}; the reference was not resolved");
    }
    auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) {
        return bad("expected a form such as redis://host:6379/0");
    }
    auto scheme = text::lower(url.substr(0, scheme_end));
    auto rest = url.substr(scheme_end + 3);
    bool is_socket = scheme == "redis+socket" || scheme == "socket" || scheme == "unix";
    Target target;
    target.tls = scheme == "rediss";
    target.is_sentinel = scheme == "sentinel";
    if (target.is_sentinel) {
        target.port = 26379;
    }
    if (scheme.find("cluster") != std::string::npos) {
        return bad("a Redis cluster cannot carry Celery's queues; name a single server");
    }
    if (!is_socket && !target.tls && !target.is_sentinel && scheme != "redis") {
        return bad(fmt::format(
            "unknown scheme '{}'; expected redis, rediss, redis+socket or sentinel", scheme
        ));
    }

    auto question = rest.find('?');
    auto query =
        question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
    rest = rest.substr(0, question);
    // Behind the first slash an '@' belongs to a path.
    if (auto at = rest.substr(0, rest.find('/')).rfind('@'); at != std::string_view::npos) {
        if (auto read = read_credentials(rest.substr(0, at), target); !read) {
            return read.error();
        }
        rest = rest.substr(at + 1);
    }
    auto slash = rest.find('/');
    std::string_view database_text;
    if (is_socket) {
        auto path =
            text::percent_decode(slash == std::string_view::npos ? rest : rest.substr(slash));
        if (!path || !path->starts_with('/')) {
            return bad("expected the absolute path of a unix socket");
        }
        target.socket_path = std::move(*path);
        database_text = query_value(query, {"virtual_host", "db"});
    } else {
        if (auto read = read_host_and_port(rest.substr(0, slash), target); !read) {
            return read.error();
        }
        database_text =
            slash == std::string_view::npos ? query_value(query, {"db"}) : rest.substr(slash + 1);
        while (database_text.starts_with('/')) {
            database_text.remove_prefix(1);
        }
    }
    auto database = parse_database(database_text);
    if (!database) {
        return database.error();
    }
    target.database = *database;
    return target;
}

}  // namespace

Result<std::vector<Target>> parse_url(const Secret& url) {
    if (text::trim(url.reveal()).empty()) {
        return bad("it is empty");
    }
    std::vector<Target> targets;
    for (auto part : text::split(url.reveal(), ';')) {
        if (text::trim(part).empty()) {
            continue;
        }
        auto target = parse_one(text::trim(part));
        if (!target) {
            return target.error();
        }
        targets.push_back(std::move(*target));
    }
    return targets;
}

std::string to_string(const Target& target) {
    if (!target.socket_path.empty()) {
        return target.socket_path;
    }
    bool is_v6 = target.host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("[{}]:{}", target.host, target.port)
                 : fmt::format("{}:{}", target.host, target.port);
}

}  // namespace elasticbot::redis
