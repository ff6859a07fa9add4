#include "pid_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include <unistd.h>

namespace elasticbot::supervisord {

Result<> PidFile::write(int pid) {
    std::ofstream file(path_, std::ios::trunc);
    file << pid << '\n' << std::flush;
    if (!file) {
        return system_error(fmt::format("write the pid file {}", path_), errno);
    }
    written_ = pid;
    return {};
}

void PidFile::remove() {
    int found = 0;
    if (written_ != 0 && std::ifstream(path_) >> found && found == written_) {
        ::unlink(path_.c_str());
    }
    written_ = 0;
}

}  // namespace elasticbot::supervisord
