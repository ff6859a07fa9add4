// What is told of one process: getProcessInfo and getAllConfigInfo. (supervisord-compat.md 12)
#pragma once

#include "process_table.hpp"

#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisord/xmlrpc/writer.hpp>

namespace elasticbot::supervisord {

void write_process_info(const Entry& entry, WallTime now, xmlrpc::Writer& out);

// As configured in the file that was read last; `entry` is the process of that name that runs, if
// there is one.
void write_config_info(
    const Group& group,
    const Process& process,
    const Entry* entry,
    bool is_in_use,
    xmlrpc::Writer& out
);

// "Nov 22 03:45 PM" and the like depend on where the machine is. Seconds east of Greenwich.
std::chrono::seconds utc_offset_at(WallTime time);

}  // namespace elasticbot::supervisord
