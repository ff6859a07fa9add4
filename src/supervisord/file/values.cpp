#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace elasticbot::supervisord {

namespace {

using python::repr;

// Linux's signals by Python's names; where a number has two, the first is the one shown.
constexpr std::array<std::pair<std::string_view, int>, 36> signals = {{
    {"HUP", 1},   {"INT", 2},   {"QUIT", 3},  {"ILL", 4},     {"TRAP", 5},    {"ABRT", 6},
    {"IOT", 6},   {"BUS", 7},   {"FPE", 8},   {"KILL", 9},    {"USR1", 10},   {"SEGV", 11},
    {"USR2", 12}, {"PIPE", 13}, {"ALRM", 14}, {"TERM", 15},   {"STKFLT", 16}, {"CHLD", 17},
    {"CLD", 17},  {"CONT", 18}, {"STOP", 19}, {"TSTP", 20},   {"TTIN", 21},   {"TTOU", 22},
    {"URG", 23},  {"XCPU", 24}, {"XFSZ", 25}, {"VTALRM", 26}, {"PROF", 27},   {"WINCH", 28},
    {"IO", 29},   {"POLL", 29}, {"PWR", 30},  {"SYS", 31},    {"RTMIN", 34},  {"RTMAX", 64},
}};

// Digits of `base` with a sign and '_' between digits, as int() reads them; nothing otherwise.
std::optional<std::int64_t> digits(std::string_view text, int base) {
    text = python::strip(text);
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    bool may_be_separator = false;
    if (base == 8 && (text.starts_with("0o") || text.starts_with("0O"))) {
        text.remove_prefix(2);
        may_be_separator = true;
    }
    if (text.empty()) {
        return std::nullopt;
    }
    std::int64_t number = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '_' && may_be_separator && i + 1 < text.size()) {
            may_be_separator = false;
            continue;
        }
        if (c < '0' || c >= static_cast<char>('0' + base)) {
            return std::nullopt;
        }
        may_be_separator = true;
        // A number without end stays the largest one.
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        const int digit = c - '0';
        number = number > (most - digit) / base ? most : number * base + digit;
    }
    return is_negative ? -number : number;
}

std::unexpected<std::string> no_integer(std::string_view text) {
    return std::unexpected(fmt::format("invalid literal for int() with base 10: {}", repr(text)));
}

Parsed<std::uint16_t> parse_port(std::string_view text) {
    const auto number = parse_integer(text);
    if (!number) {
        return std::unexpected(number.error());
    }
    if (*number < 1) {
        return std::unexpected(fmt::format("{} is below lower bound (1)", *number));
    }
    if (*number > 65535) {
        return std::unexpected(fmt::format("{} is above upper bound (65535)", *number));
    }
    return static_cast<std::uint16_t>(*number);
}

}  // namespace

Parsed<bool> parse_boolean(std::string_view text) {
    const std::string word = text::lower(text);
    if (word == "yes" || word == "true" || word == "on" || word == "1") {
        return true;
    }
    if (word == "no" || word == "false" || word == "off" || word == "0") {
        return false;
    }
    return std::unexpected("not a valid boolean value: " + repr(text));
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
    const auto number = digits(text, 10);
    if (!number) {
        return no_integer(text);
    }
    return *number;
}

Parsed<unsigned> parse_octal(std::string_view text) {
    const auto number = digits(text, 8);
    if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
        return std::unexpected(fmt::format("{} can not be converted to an octal type", text));
    }
    return static_cast<unsigned>(*number);
}

Parsed<std::int64_t> parse_byte_size(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> suffixes = {
        {{"kb", 1024}, {"mb", 1024 * 1024}, {"gb", 1024 * 1024 * 1024}}
    };
    const std::string lower = text::lower(text);
    std::string_view number = lower;
    std::int64_t unit = 1;
    for (const auto& [suffix, factor] : suffixes) {
        if (number.ends_with(suffix)) {
            number.remove_suffix(suffix.size());
            unit = factor;
            break;
        }
    }
    const auto count = digits(number, 10);
    if (!count) {
        return no_integer(number);
    }
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    return std::clamp(*count, -most / unit, most / unit) * unit;
}

Parsed<int> parse_signal(std::string_view text) {
    const auto is_known = [](std::int64_t number) {
        return number == 0 ||
               std::ranges::find(signals, number, &std::pair<std::string_view, int>::second) !=
                   signals.end();
    };
    if (const auto number = digits(text, 10)) {
        if (!is_known(*number)) {
            return std::unexpected(fmt::format("value {} is not a valid signal number", repr(text))
            );
        }
        return static_cast<int>(*number);
    }
    std::string name = text::upper(python::strip(text));
    if (name.starts_with("SIG")) {
        name = name.substr(3);
    }
    const auto found = std::ranges::find(signals, name, &std::pair<std::string_view, int>::first);
    if (found == signals.end()) {
        return std::unexpected(fmt::format("value {} is not a valid signal name", repr(text)));
    }
    return found->second;
}

std::string signal_name(int number) {
    const auto found =
        std::ranges::find(signals, number, &std::pair<std::string_view, int>::second);
    return found == signals.end() ? std::to_string(number) : std::string(found->first);
}

Parsed<std::vector<int>> parse_exit_codes(std::string_view text) {
    std::vector<int> codes;
    if (text.empty()) {
        return codes;
    }
    for (const std::string_view item : text::split(text, ',')) {
        const auto code = digits(item, 10);
        if (!code || *code < 0 || *code > 255) {
            return std::unexpected("not a valid list of exit codes: " + repr(text));
        }
        codes.push_back(static_cast<int>(*code));
    }
    return codes;
}

Parsed<AutoRestart> parse_auto_restart(std::string_view text) {
    if (const auto truth = parse_boolean(text)) {
        return *truth ? AutoRestart::always : AutoRestart::never;
    }
    const std::string word = text::lower(text);
    if (word == "unexpected") {
        return AutoRestart::unexpected;
    }
    return std::unexpected(fmt::format("invalid 'autorestart' value {}", repr(word)));
}

Parsed<LogLevel> parse_log_level(std::string_view text) {
    const std::string word = text::lower(text);
    for (const LogLevel level :
         {LogLevel::critical,
          LogLevel::error,
          LogLevel::warn,
          LogLevel::info,
          LogLevel::debug,
          LogLevel::trace,
          LogLevel::blather}) {
        if (word == to_string(level)) {
            return level;
        }
    }
    return std::unexpected("bad logging level name " + repr(text));
}

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::critical:
            return "critical";
        case LogLevel::error:
            return "error";
        case LogLevel::warn:
            return "warn";
        case LogLevel::info:
            return "info";
        case LogLevel::debug:
            return "debug";
        case LogLevel::trace:
            return "trace";
        case LogLevel::blather:
            return "blather";
    }
    return "info";
}

Parsed<InetAddress> parse_inet_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        const auto port = parse_port(text);
        if (!port) {
            return std::unexpected(fmt::format("not a valid port number: {} ", repr(text)));
        }
        return InetAddress{"", *port};
    }
    if (colon + 1 == text.size()) {
        return std::unexpected("no port number specified in ''");
    }
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) {
        return std::unexpected(port.error());
    }
    std::string host = text::lower(text.substr(0, colon));
    return InetAddress{host == "*" ? "" : std::move(host), *port};
}

std::string FcgiSocket::url() const {
    return path.empty() ? fmt::format("tcp://{}:{}", host, port) : "unix://" + path;
}

Parsed<FcgiSocket> parse_fcgi_socket(std::string_view text) {
    if (text.starts_with("unix://")) {
        const std::string_view path = text.substr(7);
        if (!path.starts_with('/')) {
            return std::unexpected(fmt::format("Unix socket path {} is not an absolute path", path)
            );
        }
        return FcgiSocket{normal_path(path), "", 0};
    }
    const auto bad = [&] { return std::unexpected(fmt::format("Bad socket format {}", text)); };
    if (!text.starts_with("tcp://")) {
        return bad();
    }
    const std::string_view rest = text.substr(6);
    const std::size_t colon = rest.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == rest.size() ||
        rest.find_first_not_of("0123456789", colon + 1) != std::string_view::npos ||
        python::split(rest.substr(0, colon)) != std::vector{std::string(rest.substr(0, colon))}) {
        return bad();
    }
    const auto port = parse_port(rest.substr(colon + 1));
    if (!port) {
        return std::unexpected(port.error());
    }
    return FcgiSocket{"", text::lower(rest.substr(0, colon)), *port};
}

Parsed<std::string> parse_name(std::string_view text) {
    const std::string_view name = python::strip(text);
    for (const char c : {' ', ':', '/'}) {
        if (name.contains(c)) {
            return std::unexpected(fmt::format(
                "Invalid name: {} because of character: {}",
                repr(text),
                repr(std::string_view(&c, 1))
            ));
        }
    }
    return std::string(name);
}

std::vector<std::string> parse_list(std::string_view text) {
    std::vector<std::string> items;
    if (text.empty()) {
        return items;
    }
    for (const std::string_view item : text::split(text, ',')) {
        items.emplace_back(python::strip(item));
    }
    return items;
}

std::string normal_path(std::string_view path) {
    const bool is_absolute = path.starts_with('/');
    // POSIX leaves it open what exactly two slashes mean, so they stay.
    const std::string_view root = path.starts_with("//") && !path.starts_with("///") ? "//"
                                  : is_absolute                                      ? "/"
                                                                                     : "";
    std::vector<std::string_view> parts;
    for (const std::string_view part : text::split(path, '/')) {
        if (part.empty() || part == ".") {
            continue;
        }
        const bool goes_up = part == "..";
        if (goes_up && !parts.empty() && parts.back() != "..") {
            parts.pop_back();
        } else if (!goes_up || !is_absolute) {
            parts.push_back(part);
        }
    }
    std::string normal = fmt::format("{}{}", root, fmt::join(parts, "/"));
    return normal.empty() ? "." : normal;
}

}  // namespace elasticbot::supervisord
