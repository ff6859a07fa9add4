// The control API's answers: the fleet's state as JSON. Pure.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/view.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

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

// What has come of a reload that was not refused.
struct ReloadReport {
    supervisor::ReloadChanges changes;
    std::vector<std::string> warnings;  // What has changed and takes effect only at the next start.
};

// {"added":[…],"removed":[…],"restarted":[…],"unchanged":[…],"warnings":[…]}: names, and lines.
OrderedJson reload_json(const ReloadReport& report);

// {"error":"cannot …"}
std::string error_body(const Error& error);

}  // namespace elasticbot::supervise
