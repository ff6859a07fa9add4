// Own reader of database URLs: libpq's messages about a malformed one quote it, password included.
#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>

namespace elasticbot::db {

namespace {

constexpr std::string_view default_socket_directory = "/var/run/postgresql";  // Debian's libpq

Error malformed(std::string_view reason) {
    return {Errc::invalid, fmt::format("cannot read the database URL: {}", reason)};
}

Result<std::string> decode(std::string_view part, std::string_view name) {
    auto decoded = text::percent_decode(part);
    if (!decoded || decoded->contains('\0')) {
        return malformed(fmt::format("broken percent-escape in the {} (write % as %25)", name));
    }
    return decoded;
}

bool is_port(std::string_view text) {
    const auto number = text::to_integer(text);
    return number && *number > 0 && *number < 65536;
}

// "a:5432,[::1],%2Frun%2Fpostgresql": the lists libpq wants as `host` and `port`.
Result<> read_hosts(std::string_view list, Target& target) {
    std::string hosts;
    std::string ports;
    bool first = true;
    for (std::string_view entry : text::split(list, ',')) {
        std::string_view host = entry;
        std::string_view port;
        if (entry.starts_with('[')) {
            const std::size_t end = entry.find(']');
            if (end == std::string_view::npos) {
                return malformed("the IPv6 address has no closing bracket");
            }
            host = entry.substr(1, end - 1);
            const std::string_view rest = entry.substr(end + 1);
            if (!rest.empty() && !rest.starts_with(':')) {
                return malformed("unexpected text behind the IPv6 address");
            }
            port = rest.empty() ? rest : rest.substr(1);
        } else if (const std::size_t colon = entry.rfind(':'); colon != std::string_view::npos) {
            host = entry.substr(0, colon);
            port = entry.substr(colon + 1);
        }
        if (!port.empty() && !is_port(port)) {
            return malformed(
                "the port is not a number from 1 to 65535 (encode ':', '@' and '/' in "
                "a password as %3A, %40 and %2F)"
            );
        }
        auto decoded = decode(host, "host");
        if (!decoded) {
            return decoded.error();
        }
        hosts += (first ? "" : ",") + *decoded;
        ports += (first ? "" : ",") + std::string(port);
        first = false;
    }
    if (!hosts.empty()) {
        target.set("host", hosts);
    }
    if (ports.find_first_not_of(',') != std::string::npos) {
        target.set("port", ports);
    }
    return {};
}

Result<> read_query(std::string_view query, Target& target) {
    for (std::string_view pair : text::split(query, '&')) {
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            return malformed("a parameter behind '?' is not of the form name=value");
        }
        auto key = decode(pair.substr(0, equals), "name of a parameter");
        auto value = decode(pair.substr(equals + 1), "value of a parameter");
        if (!key || !value) {
            return key ? value.error() : key.error();
        }
        if (*key == "ssl" && *value == "true") {  // As libpq does, for URLs made for JDBC.
            target.set("sslmode", "require");
        } else {
            target.set(*key, *value);
        }
    }
    return {};
}

Result<> read_user_info(std::string_view user_info, Target& target) {
    const std::size_t colon = user_info.find(':');
    auto user = decode(user_info.substr(0, colon), "user name");
    if (!user) {
        return user.error();
    }
    if (!user->empty()) {
        target.set("user", *user);
    }
    if (colon == std::string_view::npos) {
        return {};
    }
    auto password = decode(user_info.substr(colon + 1), "password");
    if (!password) {
        return password.error();
    }
    if (!password->empty()) {
        target.set("password", *password);
    }
    return {};
}

Result<Target> parse_url(std::string_view url) {
    Target target;
    std::string_view rest = url.substr(url.find("://") + 3);
    const std::size_t slash = rest.find('/');
    const std::size_t question = rest.find('?');
    // libpq ends the user part at the first '@'. The last one before the path is meant when a
    // password holds one.
    const std::string_view before_path = rest.substr(0, std::min(slash, question));
    std::size_t at = before_path.rfind('@');
    if (at == std::string_view::npos) {
        at = rest.substr(0, slash).find('@');
    }
    if (at != std::string_view::npos) {
        if (auto done = read_user_info(rest.substr(0, at), target); !done) {
            return done.error();
        }
        rest.remove_prefix(at + 1);
    }
    const std::size_t host_end = std::min(rest.find_first_of("/?"), rest.size());
    if (auto done = read_hosts(rest.substr(0, host_end), target); !done) {
        return done.error();
    }
    rest.remove_prefix(host_end);
    if (rest.starts_with('/')) {
        const std::size_t end = std::min(rest.find('?'), rest.size());
        auto database = decode(rest.substr(1, end - 1), "database name");
        if (!database) {
            return database.error();
        }
        if (!database->empty()) {
            target.set("dbname", *database);
        }
        rest.remove_prefix(end);
    }
    if (rest.starts_with('?')) {
        if (auto done = read_query(rest.substr(1), target); !done) {
            return done.error();
        }
    }
    return target;
}

bool is_blank(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// "host=db user='o''neil' password=a\ b", as libpq's conninfo_parse() reads it.
class KeyValueReader {
public:
    explicit KeyValueReader(std::string_view text) : text_(text) {}

    Result<Target> read() {
        Target target;
        skip_blanks();
        while (at_ < text_.size()) {
            const std::size_t start = at_;
            while (at_ < text_.size() && text_[at_] != '=' && !is_blank(text_[at_])) {
                ++at_;
            }
            const std::string key(text_.substr(start, at_ - start));
            skip_blanks();
            if (at_ >= text_.size() || text_[at_] != '=' || key.empty()) {
                return malformed("expected postgres://user:password@host:port/database");
            }
            ++at_;
            skip_blanks();
            auto value = read_value();
            if (!value) {
                return malformed("a quoted value has no closing quote");
            }
            target.set(key, *std::move(value));
            skip_blanks();
        }
        return target;
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }

    std::optional<std::string> read_value() {
        const bool quoted = at_ < text_.size() && text_[at_] == '\'';
        at_ += quoted ? 1 : 0;
        std::string value;
        while (at_ < text_.size() && (quoted ? text_[at_] != '\'' : !is_blank(text_[at_]))) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
            }
            value += text_[at_++];
        }
        if (!quoted) {
            return value;
        }
        if (at_ >= text_.size()) {
            return std::nullopt;
        }
        ++at_;
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

bool is_word_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Replaces `secret`; a very short one only where it stands as a word of its own, since it occurs
// everywhere else.
std::string hide(std::string text, std::string_view secret) {
    constexpr std::string_view mask = "***";
    constexpr std::size_t unmistakable = 4;
    std::size_t at = 0;
    while ((at = text.find(secret, at)) != std::string::npos) {
        const std::size_t end = at + secret.size();
        const bool inside_word = (at > 0 && is_word_character(text[at - 1])) ||
                                 (end < text.size() && is_word_character(text[end]));
        if (secret.size() < unmistakable && inside_word) {
            ++at;
            continue;
        }
        text.replace(at, secret.size(), mask);
        at += mask.size();
    }
    return text;
}

}  // namespace

void Target::set(std::string_view key, std::string value) {
    const auto found = std::ranges::find(parameters_, key, [](const auto& p) {
        return std::string_view(p.first);
    });
    if (found != parameters_.end()) {
        found->second = std::move(value);
    } else {
        parameters_.emplace_back(key, std::move(value));
    }
}

void Target::set_default(std::string_view key, std::string value) {
    if (get(key).empty()) {
        set(key, std::move(value));
    }
}

std::string_view Target::get(std::string_view key) const {
    const auto found = std::ranges::find(parameters_, key, [](const auto& p) {
        return std::string_view(p.first);
    });
    return found == parameters_.end() ? std::string_view{} : std::string_view(found->second);
}

std::string Target::address() const {
    std::string_view host_list = get("host").empty() ? get("hostaddr") : get("host");
    if (host_list.empty()) {
        host_list = default_socket_directory;
    }
    const auto hosts = text::split(host_list, ',');
    const auto ports = text::split(get("port"), ',');
    std::string address;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        std::string_view port = ports.size() == 1  ? ports.front()
                                : i < ports.size() ? ports[i]
                                                   : "";
        port = port.empty() ? "5432" : port;
        const std::string_view host = hosts[i];
        address += i == 0 ? "" : ",";
        if (host.starts_with('/') || host.starts_with('@')) {
            address += fmt::format("{}/.s.PGSQL.{}", host, port);
        } else {
            address += host.contains(':') ? fmt::format("[{}]:{}", host, port)
                                          : fmt::format("{}:{}", host, port);
        }
    }
    return address;
}

std::string Target::description() const {
    std::string description = address();
    if (!get("user").empty()) {
        description += fmt::format(" as user {}", get("user"));
    }
    if (!get("dbname").empty()) {
        description += fmt::format(", database {}", get("dbname"));
    }
    return description;
}

Secret Target::conninfo() const {
    std::string text;
    for (const auto& [key, value] : parameters_) {
        text += fmt::format("{}{}='", text.empty() ? "" : " ", key);
        for (const char c : value) {
            if (c == '\'' || c == '\\') {
                text += '\\';
            }
            text += c;
        }
        text += '\'';
    }
    return Secret(std::move(text));
}

std::string Target::redact(std::string_view text) const {
    std::string line;
    for (const char c : text) {
        const bool blank = static_cast<unsigned char>(c) < ' ';
        if (!blank) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    for (const std::string_view key : std::array{"password", "sslpassword"}) {
        const std::string_view secret = get(key);
        if (!secret.empty()) {
            line = hide(std::move(line), secret);
            line = hide(std::move(line), text::percent_encode(secret));
        }
    }
    return std::string(text::trim(line));
}

Result<Target> parse_target(const Secret& url) {
    const std::string_view text = text::trim(url.reveal());
    if (text.empty()) {
        return malformed("it is empty (set DATABASE_URL)");
    }
    if (text.contains("${")) {
        return malformed("it still contains ${…}; the reference was not resolved");
    }
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
        return malformed("it contains a control character or a line break");
    }
    if (text.starts_with("postgres://") || text.starts_with("postgresql://")) {
        return parse_url(text);
    }
    const std::size_t scheme = text.find("://");
    if (scheme != std::string_view::npos && text.find('=') > scheme) {
        const std::string_view name = text.substr(0, scheme);
        const bool printable =
            std::ranges::all_of(name, [](char c) { return is_word_character(c) || c == '+'; });
        return malformed(fmt::format(
            "expected postgres:// or postgresql://{}",
            printable ? fmt::format(", got {}://", name) : std::string()
        ));
    }
    return KeyValueReader(text).read();
}

}  // namespace elasticbot::db
