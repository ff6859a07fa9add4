// A supervisor in a process and folder of its own, as an operator sees it: status, log, signals,
// exit code.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/ids.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace elasticbot::scenario {

using Json = nlohmann::json;

struct DaemonOptions {
    std::vector<std::string> wrapper;  // Command that runs it: {"unshare", …}
    int standard_output = -1;          // A descriptor in place of the log file.
    std::string socket;                // Another's control socket; empty: an own one.
};

// Where nothing happens for this long, a test has failed.
inline constexpr int patience_seconds = 30;

// Waits until `condition` holds; false after `patience_seconds`.
bool eventually(const std::function<bool()>& condition);

class Daemon {
public:
    // `programs`: as tests/scenario/fleet_main.cpp reads them; `settings` are merged in beside
    // them.
    explicit Daemon(
        Json programs, Json settings = Json::object(), const DaemonOptions& options = {}
    );
    // Kills what is left, and prints the log if the test has failed.
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    pid_t pid() const { return pid_; }

    const std::string& folder() const { return folder_; }

    const std::string& socket() const { return socket_; }

    // Null when it does not answer.
    Json status() const;
    // Of one program; null when there is none.
    Json program(std::string_view name) const;
    // Body of the answer to any request; its status code in front: "200 {…}".
    std::string request(
        std::string_view method, std::string_view target, std::string_view body = ""
    ) const;

    bool wait_for_state(std::string_view name, std::string_view state) const;
    bool wait_until_healthy() const;

    std::string log() const;
    // What it wrote to standard error.
    std::string errors() const;
    // Records with that event, in order.
    std::vector<Json> records(std::string_view event) const;

    void signal(int number) const;
    // Exit code, or 128 and the signal's number; nullopt while it runs.
    std::optional<int> wait_for_exit();

private:
    std::string folder_;
    std::string socket_;
    pid_t pid_ = -1;
    std::optional<int> exit_;
};

// Whether a process of that number exists and is no zombie.
bool is_alive(pid_t pid);

}  // namespace elasticbot::scenario
