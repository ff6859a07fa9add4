// What the log of the daemon says at its start of the file that it runs: tools look for these
// lines. Pure. (supervisord-compat.md 9)
#pragma once

#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/states/process_record.hpp>

#include <vector>

namespace elasticbot::supervisord {

// `uid` is that of the daemon.
std::vector<LogLine> start_report(const File& file, unsigned uid);

}  // namespace elasticbot::supervisord
