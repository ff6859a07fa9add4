// The control API's answers: the fleet's state as JSON. Pure.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/core/supervisor/fleet.hpp>
#include <elasticbot/core/supervisor/view.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace elasticbot::supervise {

// What the kernel says of a process; read when somebody asks.
struct Usage {
    std::int64_t memory_bytes = 0;
    double cpu_percent = 0.0;  // Of one processor, since the last question or the start.
};

struct StatusInputs {
    TimePoint now;
    TimePoint started;  // Of the supervisor.
    std::string version;
    std::int32_t pid = 0;
    std::uint64_t orphans = 0;
    std::map<ProgramName, Usage> usage;
};

OrderedJson status_json(const supervisor::FleetView& view, const StatusInputs& inputs);

// {"code":0,"signal":null} or {"code":null,"signal":"SIGKILL"}; null when there was none.
OrderedJson exit_json(const std::optional<supervisor::ExitStatus>& status);

// {"added":[…],"removed":[…],"restarted":[…],"unchanged":[…]}: names.
OrderedJson changes_json(const supervisor::ReloadChanges& changes);

// {"error":"cannot …"}
std::string error_body(const Error& error);

}  // namespace elasticbot::supervise
