// The file that tells the number of the running daemon.
#pragma once

#include <elasticbot/base/result.hpp>

#include <string>
#include <utility>

namespace elasticbot::supervisord {

class PidFile {
public:
    explicit PidFile(std::string path) : path_(std::move(path)) {}

    Result<> write(int pid);
    // If it was written, and is still ours.
    void remove();

private:
    std::string path_;
    int written_ = 0;
};

}  // namespace elasticbot::supervisord
