// Lines for the system's log, as syslog(3) sends them, without ever waiting for whoever keeps it.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/time.hpp>

#include <string>
#include <string_view>

namespace elasticbot::os {

class Syslog {
public:
    // `ident` stands in front of each line; `socket` is where the system's log listens.
    explicit Syslog(std::string ident, std::string socket = "/dev/log");

    // Of the facility `user`, as information. Lost where nobody listens, or takes it now.
    void write(std::string_view line, WallTime time);

private:
    bool connect();

    std::string ident_;
    std::string path_;
    Fd socket_;
};

}  // namespace elasticbot::os
