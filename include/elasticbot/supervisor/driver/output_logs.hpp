// The log files that the programs write to: one writer for each path, whoever writes.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/log_file.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <map>
#include <memory>
#include <string>

namespace elasticbot::supervise {

class OutputLogs {
public:
    // `say`: a record of the supervisor's log, for what goes wrong with a file.
    explicit OutputLogs(LogFile::Say say) : say_(std::move(say)) {}

    // The writer of `output.path`, opened; a file that cannot be opened has been told of, and is
    // tried again by each write. The last one who opens it decides about its rotation. It stays
    // open while somebody holds it.
    std::shared_ptr<LogFile> open(const supervisor::Output& output);

    // Every open file anew, by its path: after others have moved it away.
    void reopen_all();

    // A file that is open is removed and begun anew, any other one is emptied. not_found: there is
    // no such file.
    Result<> clear(const std::string& path);

private:
    LogFile::Say say_;
    std::map<std::string, std::weak_ptr<LogFile>> files_;
};

}  // namespace elasticbot::supervise
