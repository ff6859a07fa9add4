// The listening sockets that programs inherit: bound before they start, kept through a reload.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/config/config.hpp>

#include <map>
#include <string>
#include <vector>

namespace elasticbot::supervise {

struct Listening {
    std::vector<config::ListenSocket> configured;
    std::map<std::string, os::Fd> descriptors;  // By name.
};

// All of `wanted`, or an error and nothing. An address that `present` listens on is shared with it
// rather than bound again, whatever its name: connections that wait there are not lost.
Result<Listening> listen_on(
    const std::vector<config::ListenSocket>& wanted, const Listening& present
);

}  // namespace elasticbot::supervise
