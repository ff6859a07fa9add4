// What a supervisord.conf says, typed: programs after numprocs, groups, servers, the daemon itself.
// (supervisord-compat.md 3)
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/supervisord/file/ini.hpp>
#include <elasticbot/supervisord/file/key_values.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::supervisord {

inline constexpr std::int64_t fifty_megabytes = std::int64_t{50} * 1024 * 1024;

// One of the two outputs of a program.
struct Output {
    enum class To { automatic, nothing, file };

    To to = To::automatic;                     // A file of its own making in childlogdir.
    std::string path;                          // For `file`.
    std::int64_t max_bytes = fifty_megabytes;  // 0: never rotated.
    std::int64_t backups = 10;
    std::int64_t capture_max_bytes = 0;  // Above 0: tagged text becomes events.
    bool has_events = false;
    bool to_syslog = false;

    bool operator==(const Output&) const = default;
};

struct Process {
    std::string name;
    std::string section;  // "program:x"
    Location at;          // Of the section.
    std::string command;  // split_command() makes words of it.
    std::optional<std::string> directory;
    std::optional<unsigned> umask;
    std::int64_t priority = 999;
    bool autostart = true;
    AutoRestart autorestart = AutoRestart::unexpected;
    std::int64_t start_seconds = 1;
    std::int64_t start_retries = 3;
    std::vector<int> exit_codes = {0};
    int stop_signal = 15;
    std::int64_t stop_wait_seconds = 10;
    bool stop_as_group = false;
    bool kill_as_group = false;
    std::string user;  // Name or number; "": as the daemon.
    bool redirect_stderr = false;
    bool loses_error_log = false;  // stderr_logfile names a file, and redirect_stderr is true.
    Output standard_output;
    Output standard_error;
    KeyValues environment;                  // That of [supervisord] with its own on top.
    std::optional<std::string> server_url;  // nullopt: that of the daemon.
    std::vector<IniOption> own;             // Keys of elasticbot, expanded.

    bool operator==(const Process&) const = default;
};

// Programs that are started, stopped and changed together.
struct Group {
    enum class Kind { program, group, event_listener, fcgi_program };

    Kind kind = Kind::program;
    std::string name;
    std::string section;
    Location at;
    std::int64_t priority = 999;
    std::vector<Process> processes;  // By priority and name.

    // Event listeners.
    std::int64_t buffer_size = 10;
    std::vector<std::string> events;  // Upper case, each once.
    // Our key event_len=bytes: headers count bytes, not characters as the reference does.
    bool event_length_in_bytes = false;

    // FastCGI programs.
    FcgiSocket socket;
    std::optional<std::int64_t> socket_backlog;
    std::string socket_owner;  // "user" or "user:group"; "": the program's user.
    unsigned socket_mode = 0700;

    bool operator==(const Group&) const = default;
};

// [unix_http_server] with `path`, [inet_http_server] with `address`.
struct HttpServer {
    std::string section;
    Location at;
    std::string path;
    unsigned mode = 0700;
    std::string owner;  // "user" or "user:group"; "": who started the daemon.
    InetAddress address;
    std::optional<std::string> username;
    Secret password;  // Plain, or {SHA} and 40 hexadecimal digits.
    // Without a password, and yet open to other machines; a key of elasticbot.
    bool allows_anybody = false;
};

struct RpcInterface {
    std::string name;
    std::string factory;
    Location at;

    bool operator==(const RpcInterface&) const = default;
};

struct Supervisord {
    std::string log_file;  // Absolute, or "syslog".
    std::int64_t log_max_bytes = fifty_megabytes;
    std::int64_t log_backups = 10;
    LogLevel log_level = LogLevel::info;
    std::string pid_file;  // Absolute.
    unsigned umask = 022;
    std::optional<std::string> directory;
    bool nodaemon = false;
    bool silent = false;
    std::string user;
    std::int64_t min_descriptors = 1024;
    std::int64_t min_processes = 200;
    bool nocleanup = false;
    std::string child_log_directory;
    bool strip_ansi = false;
    KeyValues environment;
    std::string identifier = "supervisor";
};

// What supervisorctl reads; the daemon does not look at it.
struct Supervisorctl {
    std::string server_url = "http://localhost:9001";
    std::string username;
    Secret password;
    std::string prompt = "supervisor";
    std::string history_file;
};

struct File {
    Supervisord supervisord;
    std::vector<HttpServer> unix_servers;
    std::vector<HttpServer> inet_servers;
    std::optional<Supervisorctl> supervisorctl;
    std::vector<RpcInterface> rpc_interfaces;
    std::vector<Group> groups;  // In the order of starting: by priority and name.
    std::vector<std::string> included;
    std::vector<std::string> unmatched_includes;  // Patterns of [include] that no file has.

    // Whether [rpcinterface:supervisor] makes the methods that supervisorctl calls available.
    bool has_supervisor_namespace() const;

    // SUPERVISOR_SERVER_URL of programs that do not set their own; "": there is no server.
    std::string server_url() const;
};

// "group:process", or the one name that both have.
std::string full_name(const Group& group, const Process& process);

// A command as words, as a POSIX shell splits them: quotes and backslashes, nothing else.
Parsed<std::vector<std::string>> split_command(std::string_view command);

}  // namespace elasticbot::supervisord
