// What to run, and by which rules: one configured program.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace elasticbot::supervisor {

// A one-shot is wanted to end: with an expected exit code it is `completed`.
enum class Kind { service, one_shot };

// "one_shot"
std::string_view to_string(Kind kind);

enum class RestartPolicy { always, on_failure, never };

// How it is known that a program can do its work.
namespace readiness {

struct AfterStart {  // `start_seconds` after the spawn, when it has no other sign.
    bool operator==(const AfterStart&) const = default;
};

struct Notify {  // READY=1 as a datagram on NOTIFY_SOCKET (sd_notify(3)).
    bool operator==(const Notify&) const = default;
};

struct Http {
    std::string address;  // Numeric: PID 1 resolves no names.
    std::uint16_t port = 0;
    std::string path;
    std::string host;  // Host header.

    bool operator==(const Http&) const = default;
};

struct Tcp {
    std::string address;
    std::uint16_t port = 0;

    bool operator==(const Tcp&) const = default;
};

struct Unix {
    std::string path;  // Connects to a unix socket.

    bool operator==(const Unix&) const = default;
};

struct Command {
    std::vector<std::string> argv;

    bool operator==(const Command&) const = default;
};

}  // namespace readiness

using Readiness = std::variant<
    readiness::AfterStart,
    readiness::Notify,
    readiness::Http,
    readiness::Tcp,
    readiness::Unix,
    readiness::Command>;

// Delay before a dead program is started again: doubles from `first` to `limit`. (decision 18)
struct BackoffPolicy {
    Duration first = 500ms;
    Duration limit = 30s;
    Duration healthy_after = 60s;  // A run at least this long clears the count.
    double jitter = 0.1;           // Share of the delay that a random number in [0, 1) adds.

    bool operator==(const BackoffPolicy&) const = default;
};

struct RestartBudget {
    int max_restarts = 5;  // 0: no limit.
    Duration window = 60s;

    bool operator==(const RestartBudget&) const = default;
};

// Failed starts: the process ended before it was ready, or could not be spawned.
struct StartRetries {
    int most = 3;        // How often in a row it is tried again.
    Duration step = 1s;  // The n-th time after n steps.

    bool operator==(const StartRetries&) const = default;
};

// Where one of the two outputs of a program goes.
struct Output {
    enum class To {
        records,          // Line by line into the supervisor's own log.
        nothing,          // Read and thrown away.
        file,             // As it is, byte for byte, into `path`.
        standard_output,  // As it is, to that of the supervisor.
        standard_error
    };

    To to = To::records;
    std::string path;                                         // Absolute; for `file`.
    std::int64_t max_bytes = std::int64_t{50} * 1024 * 1024;  // Rotated from here on; 0: never.
    int backups = 10;                                         // path.1 (newest) to path.10
    bool prefix = false;      // "NAME | " before each line; for the supervisor's own outputs.
    bool strip_ansi = false;  // Without escape sequences for colours and the cursor.
    bool syslog = false;      // Each line to syslog(3) too.

    bool operator==(const Output&) const = default;
};

struct Program {
    ProgramName name;
    Kind kind = Kind::service;
    std::vector<std::string> command;  // argv; [0] is looked up in PATH unless it holds a slash.
    std::string defect;  // Why it cannot be started at all: every spawn fails for this reason.
    std::string description;

    // Start and stop order.
    bool autostart = true;
    bool essential = true;  // Its failure ends the whole.
    // Exit code of the whole after this program's failure; a one-shot's own code wins if it is one
    // of sysexits (64 to 78). Without it: 70. (decision 24)
    std::optional<int> failure_exit_code;
    std::vector<ProgramName>
        after;  // Spawned only while these are ready or completed; restarts wait too.
    std::vector<ProgramName> stop_after;  // When the whole stops: stopped when these have ended.

    // Life.
    RestartPolicy restart = RestartPolicy::always;  // For one-shots `always` is `on_failure`.
    std::vector<int> expected_exit_codes = {0};
    BackoffPolicy backoff;
    RestartBudget budget;
    // Nothing: a failed start is a death like any other. Otherwise it is tried again this often
    // whatever `restart` and `budget` say, then the program has failed.
    std::optional<StartRetries> start_retries;
    Readiness readiness = readiness::AfterStart{};
    Duration start_seconds = 1s;  // Shortest run that counts as started.
    Duration ready_timeout =
        60s;  // Not ready by then: counts as a crash. For one-shots: longest run. 0: none.
    Duration probe_interval = 250ms;  // For Http, Tcp, Unix, Command.
    Duration heartbeat_timeout =
        0s;  // Longest silence between WATCHDOG=1 datagrams; 0: none expected.
    int stop_signal = SIGTERM;
    bool stop_whole_group = true;  // Else the stop signal goes to the leader alone.
    bool kill_whole_group = true;  // The same for SIGKILL after the grace period.
    Duration grace_period = 10s;   // From stop signal to SIGKILL.

    // Surroundings of the process. (driver only; the core does not look at them)
    std::map<std::string, std::string> environment;  // On top of the base environment.
    std::vector<std::string>
        pass_environment;  // Names taken from the supervisor's own; {"*"}: all.
    std::string directory;
    std::string user;               // Name or number; empty: as the supervisor.
    bool login_environment = true;  // With `user`: HOME, USER and LOGNAME are theirs.
    std::optional<unsigned> umask;
    std::vector<std::string> sockets;  // Names of listening sockets handed over by LISTEN_FDS.
    bool new_session = false;          // setsid in place of setpgid.
    bool input_pipe = false;           // Its standard input stays open and can be written to.
    Output standard_output;
    Output standard_error;
    bool join_outputs = false;  // What it writes to standard error is standard output.
    bool own = false;           // Ours: speaks JSON log records and sd_notify.
    // Fingerprint of what the process reads or inherits besides all this: settings, addresses of
    // its sockets. A reload restarts a program whose fingerprint has changed.
    std::uint64_t settings = 0;

    // Equal: a reload leaves the process alone.
    bool operator==(const Program&) const = default;
};

}  // namespace elasticbot::supervisor
