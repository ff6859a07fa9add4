// Harness for tests with real child processes: starts them, collects what they write, awaits their
// end.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/adapters/os/spawn.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::os {

// What a child left behind.
struct Finished {
    WaitStatus status;
    std::string output;  // Standard output and standard error.
};

class Children {
public:
    boost::asio::io_context& io() { return io_; }

    Reaper& reaper() { return reaper_; }

    // `sh -c script` with an environment of PATH only.
    static SpawnRequest shell(const std::string& script);

    // Starts without collecting output (it goes to /dev/null).
    Result<SpawnedProcess> start(SpawnRequest request);

    // Starts, reads until end of file, and awaits the end.
    Result<Finished> run(SpawnRequest request);

    // Reaps until `condition`; false when it has not come true within half a minute.
    bool reap_until(const std::function<bool()>& condition);

    // Of a process started by start(), once it has been reaped.
    std::optional<WaitStatus> status(Pid pid) const;

private:
    boost::asio::io_context io_{1};
    Reaper reaper_;
    std::map<Pid, WaitStatus> statuses_;
};

// Zombies among the children of this process.
std::size_t count_zombies();

}  // namespace elasticbot::os
