// The types of values in supervisord.conf. (supervisord-compat.md 2)
//
// An error is the text of the reference, as it follows "Error: ". What has to look outside (users,
// directories) is in `surroundings.hpp`.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

template <class T>
using Parsed = std::expected<T, std::string>;

// yes true on 1 / no false off 0, any case.
Parsed<bool> parse_boolean(std::string_view text);

// As Python's int(): surrounding blanks, a sign, '_' between digits.
Parsed<std::int64_t> parse_integer(std::string_view text);

// Octal digits, also behind "0o".
Parsed<unsigned> parse_octal(std::string_view text);

// A whole number, times 1024 or a power of it with KB, MB, GB in any case.
Parsed<std::int64_t> parse_byte_size(std::string_view text);

// A name with or without SIG, in any case, or a number; 0 is one.
Parsed<int> parse_signal(std::string_view text);

// "TERM"; "34" for a number without a name of its own.
std::string signal_name(int number);

// Comma separated, 0 to 255; empty: no code is expected.
Parsed<std::vector<int>> parse_exit_codes(std::string_view text);

enum class AutoRestart { never, unexpected, always };

Parsed<AutoRestart> parse_auto_restart(std::string_view text);

enum class LogLevel { critical, error, warn, info, debug, trace, blather };

Parsed<LogLevel> parse_log_level(std::string_view text);

std::string_view to_string(LogLevel level);

// Where an inet_http_server listens.
struct InetAddress {
    std::string host;  // Lower case; "": every IPv4 address.
    std::uint16_t port = 0;

    bool operator==(const InetAddress&) const = default;
};

Parsed<InetAddress> parse_inet_address(std::string_view text);

// Where an fcgi-program listens: a path, or a host and a port.
struct FcgiSocket {
    std::string path;  // "": TCP.
    std::string host;
    std::uint16_t port = 0;

    // "unix:///run/x.sock", "tcp://localhost:9000"
    std::string url() const;

    bool operator==(const FcgiSocket&) const = default;
};

Parsed<FcgiSocket> parse_fcgi_socket(std::string_view text);

// A name of a process or group: stripped, without blanks, ':' and '/'. It may be empty.
Parsed<std::string> parse_name(std::string_view text);

// Comma separated, stripped; empty items stay.
std::vector<std::string> parse_list(std::string_view text);

// "/a/../b/" → "/b", as Python's normpath().
std::string normal_path(std::string_view path);

}  // namespace elasticbot::supervisord
