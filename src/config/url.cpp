#include "url.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::config {

namespace {

bool is_port(std::string_view text) {
    const auto number = text::to_integer(text);
    return number && *number >= 1 && *number <= 65535;
}

// Several hosts, each with its port, are separated by commas in URLs of PostgreSQL.
std::string host_and_port(std::string_view authority, Url& url) {
    std::string_view host = authority;
    std::string_view port;
    if (host.starts_with('[')) {
        const std::size_t close = host.find(']');
        if (close == std::string_view::npos) {
            return "its IPv6 address has no closing bracket";
        }
        port = host.substr(close + 1);
        host = host.substr(1, close - 1);
        if (!port.empty() && !port.starts_with(':')) {
            return "something follows the closing bracket of its address";
        }
        if (!is_numeric_address(host)) {
            return "the address in brackets is no IPv6 address";
        }
    } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
        port = host.substr(colon);
        host = host.substr(0, colon);
        if (port.substr(1).contains(':')) {
            return "an IPv6 address stands in brackets, as [::1]";
        }
    }
    if (!port.empty()) {
        port.remove_prefix(1);
    }
    if (!port.empty()) {
        if (!is_port(port)) {
            return "its port is not a number from 1 to 65535 (is a character of the password not "
                   "percent-encoded?)";
        }
        url.port = static_cast<int>(*text::to_integer(port));
    }
    url.host = std::string(host);
    return "";
}

// PostgreSQL takes text that ends at a zero byte.
bool is_decodable(std::string_view text) {
    const auto decoded = text::percent_decode(text);
    return decoded && !decoded->contains('\0');
}

bool is_query(std::string_view query) {
    return std::ranges::all_of(text::split(query, '&'), [](std::string_view pair) {
        const std::size_t equals = pair.find('=');
        return pair.empty() || (equals != 0 && equals != std::string_view::npos);
    });
}

bool is_database_number(std::string_view text) {
    const auto number = text::to_integer(text);
    return text.empty() || (number && *number >= 0 && *number <= 1'000'000);
}

// "virtual_host=2", as Celery has it for sockets.
bool names_a_database(std::string_view query) {
    return std::ranges::all_of(text::split(query, '&'), [](std::string_view pair) {
        const std::size_t equals = pair.find('=');
        const std::string_view name = pair.substr(0, equals);
        return equals == std::string_view::npos || (name != "virtual_host" && name != "db") ||
               is_database_number(pair.substr(equals + 1));
    });
}

}  // namespace

bool is_numeric_address(std::string_view text) {
    if (text.contains(':')) {
        const bool digits = std::ranges::all_of(text, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                   c == ':' || c == '.';
        });
        return digits && std::ranges::count(text, ':') >= 2 && std::ranges::count(text, ':') <= 8;
    }
    const auto parts = text::split(text, '.');
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               const auto number = text::to_integer(part);
               return number && *number >= 0 && *number <= 255 && part.front() != '+' &&
                      part.size() <= 3;
           });
}

std::expected<Url, std::string> split_url(std::string_view text) {
    Url url;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) {
        return std::unexpected("it has no scheme, as in \"scheme://host\"");
    }
    if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
        return std::unexpected("it holds a blank or a control character");
    }
    url.scheme = text::lower(text.substr(0, colon));
    std::string_view rest = text.substr(colon + 3);
    if (const std::size_t fragment = rest.find('#'); fragment != std::string_view::npos) {
        return std::unexpected("it holds a '#'; write %23 in a password");
    }
    if (const std::size_t question = rest.find('?'); question != std::string_view::npos) {
        url.query = std::string(rest.substr(question + 1));
        rest = rest.substr(0, question);
    }
    std::string_view authority = rest.substr(0, rest.find('/'));
    if (authority.size() < rest.size()) {
        url.path = std::string(rest.substr(authority.size()));
    }

    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view user_info = authority.substr(0, at);
        authority = authority.substr(at + 1);
        const std::size_t separator = user_info.find(':');
        const auto user = text::percent_decode(user_info.substr(0, separator));
        const auto password = separator == std::string_view::npos
                                  ? Result<std::string>("")
                                  : text::percent_decode(user_info.substr(separator + 1));
        if (!user || !password) {
            return std::unexpected("a '%' in its user or password is not followed by two hex digits"
            );
        }
        if (user_info.contains('@')) {
            return std::unexpected("an '@' in its password has to be written as %40");
        }
        url.user = *user;
        url.password = *password;
    }

    for (const std::string_view host : text::split(authority, ',')) {
        ++url.hosts;
        if (std::string problem = host_and_port(host, url); !problem.empty()) {
            return std::unexpected(std::move(problem));
        }
    }
    return url;
}

std::string postgres_url_problem(std::string_view text) {
    constexpr std::string_view form =
        "expected a URL such as \"postgresql://user:password@host:5432/name\"; ";
    const auto url = split_url(text);
    if (!url) {
        return fmt::format("{}{}", form, url.error());
    }
    if (!text.starts_with("postgres://") && !text.starts_with("postgresql://")) {  // As libpq.
        return fmt::format("{}its scheme is \"{}\"", form, text.substr(0, text.find("://")));
    }
    if (url->path.size() > 1 && url->path.find('/', 1) != std::string::npos) {
        return fmt::format("{}its database name holds a '/'", form);
    }
    if (!is_decodable(text)) {
        return fmt::format("{}it holds %00, or a '%' without two hex digits", form);
    }
    if (url->query.contains('@')) {
        return fmt::format("{}an '@' behind its '?' has to be written as %40, a '?' as %3F", form);
    }
    if (!is_query(url->query)) {
        return fmt::format("{}what follows its '?' is not of the form name=value", form);
    }
    if (url->host.empty() && !url->query.contains("host=")) {
        return fmt::format("{}it has no host", form);
    }
    return "";
}

std::string redis_url_problem(std::string_view text) {
    constexpr std::string_view form = "expected a URL such as \"redis://:password@host:6379/0\"; ";
    if (text.contains(';')) {
        return fmt::format("{}lists of servers are not supported", form);
    }
    const auto url = split_url(text);
    if (!url) {
        return fmt::format("{}{}", form, url.error());
    }
    if (url->hosts > 1) {
        return fmt::format("{}lists of servers are not supported", form);
    }
    if (!text::percent_decode(text)) {
        return fmt::format("{}a '%' is not followed by two hex digits", form);
    }
    if (!names_a_database(url->query)) {
        return fmt::format("{}the database behind its '?' has to be a number", form);
    }
    if (url->scheme == "redis+socket" || url->scheme == "socket" || url->scheme == "unix") {
        return url->path.size() > 1 && url->host.empty()
                   ? ""
                   : "expected the path of a socket, as in \"redis+socket:///run/redis.sock\"";
    }
    if (url->scheme == "sentinel" || url->scheme == "redis+sentinel" ||
        url->scheme == "redis+cluster") {
        return fmt::format("{}\"{}\" is not supported", form, url->scheme);
    }
    if (url->scheme == "rediss") {
        return fmt::format(
            "{}TLS (\"rediss\") is not supported; use a private network and redis://, or a tunnel",
            form
        );
    }
    if (url->scheme != "redis") {
        return fmt::format("{}its scheme is \"{}\"", form, url->scheme);
    }
    if (url->path.size() > 1 && !is_database_number(std::string_view(url->path).substr(1))) {
        return fmt::format("{}what follows the host has to be a database number", form);
    }
    return "";
}

std::string http_url_problem(std::string_view text) {
    const auto url = split_url(text);
    if (!url) {
        return fmt::format("expected an http or https URL; {}", url.error());
    }
    if (url->scheme != "http" && url->scheme != "https") {
        return fmt::format("expected an http or https URL; its scheme is \"{}\"", url->scheme);
    }
    if (url->host.empty()) {
        return "expected an http or https URL; it has no host";
    }
    return "";
}

}  // namespace elasticbot::config
