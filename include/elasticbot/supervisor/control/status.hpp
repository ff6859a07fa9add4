// What the supervisor says of itself and its programs, as the commands read it.
#pragma once

#include <elasticbot/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::control {

struct LastExit {
    std::optional<std::int64_t> code;
    std::string signal;  // "SIGKILL"; empty: it ended by itself.
};

// Empty texts and missing values: the supervisor did not say, or is of another version than we are.
struct ProgramStatus {
    std::string name;
    std::string state;   // "running"
    std::string status;  // In the program's own words.
    std::string reason;  // Why it is in this state.
    std::optional<std::int64_t> pid;
    std::optional<std::int64_t> uptime_ms;
    std::optional<std::int64_t> restarts;
    std::optional<std::int64_t> took_ms;
    std::optional<std::int64_t> next_start_in_ms;
    std::optional<std::int64_t> memory_bytes;
    std::optional<double> cpu_percent;  // Of one processor.
    std::optional<LastExit> last_exit;
    std::vector<std::string> waiting_for;
};

struct FleetStatus {
    std::string overall;  // "healthy"
    std::string version;
    std::optional<std::int64_t> pid;
    std::optional<std::int64_t> uptime_ms;
    std::vector<ProgramStatus> programs;
};

// The answer to GET /v1/status. Reads it without a tree in between: a thousand programs are 350 kB.
// Unknown members and values of an unexpected kind are passed over. invalid: it is not JSON.
Result<FleetStatus> read_fleet_status(std::string_view json);

// One program: the answer to POST /v1/programs/{name}/{action}?wait=1.
Result<ProgramStatus> read_program_status(std::string_view json);

}  // namespace elasticbot::control
