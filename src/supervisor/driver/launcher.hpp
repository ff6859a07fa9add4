// Starts the process of a program: its user, environment, pipes and inherited sockets.
#pragma once

#include "listening.hpp"
#include "probe.hpp"
#include "process.hpp"
#include "program_output.hpp"

#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/adapters/os/spawn.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/extension.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <map>
#include <memory>
#include <string>

namespace elasticbot::supervise {

// What programs get of the supervisor that starts them; a reload changes some of it.
struct Surroundings {
    std::map<std::string, std::string> environment;  // The supervisor's own.
    Listening listening;
    std::string notify_socket;
    std::string control_socket;
    os::ResourceLimit descriptor_limit;
    Extension* extension = nullptr;
};

class Launcher {
public:
    // What is referred to outlives this.
    Launcher(
        boost::asio::any_io_executor executor,
        os::Reaper& reaper,
        ProgramOutput& output,
        const Surroundings& surroundings
    );

    Result<std::unique_ptr<Process>> start(
        const supervisor::Program& program, Generation generation, os::Reaper::OnExit on_exit
    );

    // For the questions whether it is ready, which a command of its own may answer.
    ProbeContext probe_context(const supervisor::Program& program) const;

private:
    std::unique_ptr<OutputFilter> filter(
        const supervisor::Program& program, Channel channel, Pid pid
    ) const;

    boost::asio::any_io_executor executor_;
    os::Reaper& reaper_;
    ProgramOutput& output_;
    const Surroundings& surroundings_;
};

}  // namespace elasticbot::supervise
