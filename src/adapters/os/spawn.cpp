#include "child_setup.hpp"

#include <elasticbot/adapters/os/spawn.hpp>

#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

#include <fcntl.h>

namespace elasticbot::os {

namespace {

std::string describe(ChildStep step, const SpawnRequest& request) {
    switch (step) {
        case ChildStep::signals:
            return "reset the signals";
        case ChildStep::group:
            return "create the process group";
        case ChildStep::limits:
            return "set the resource limits";
        case ChildStep::nice:
            return fmt::format("set the nice value {}", request.nice.value_or(0));
        case ChildStep::oom_score:
            return fmt::format("set the oom score {}", request.oom_score_adj.value_or(0));
        case ChildStep::groups:
        case ChildStep::gid:
        case ChildStep::uid: {
            const Identity& identity = *request.identity;
            return fmt::format(
                "become user {} (uid {}, gid {})", identity.name, identity.uid, identity.gid
            );
        }
        case ChildStep::directory:
            return fmt::format("change to the directory {}", request.directory);
        case ChildStep::umask:
            return "set the umask";
        case ChildStep::parent_death:
            return "tie the process to its parent";
        case ChildStep::stdio:
            return "connect standard input and output";
        case ChildStep::descriptors:
            return "hand over the listening sockets";
        case ChildStep::exec:
            return fmt::format("execute {}", request.executable);
    }
    std::unreachable();
}

Error child_error(const ChildFailure& failure, const SpawnRequest& request) {
    Error error = system_error(describe(failure.step, request), failure.error_number);
    // The kernel's answer for a script whose first line names a missing program is the same as for
    // a missing file.
    if (failure.step == ChildStep::exec && failure.error_number == ENOENT &&
        ::access(request.executable.c_str(), F_OK) == 0) {
        error.message += " (the interpreter that the file names is missing)";
    }
    return error;
}

// The environment with the variables of sd_listen_fds(3), and where the child writes its pid.
struct Environment {
    std::vector<std::string> entries;
    std::span<char> pid_digits;

    explicit Environment(const SpawnRequest& request) : entries(request.environment) {
        if (request.listening.empty()) {
            return;
        }
        entries.push_back(fmt::format("LISTEN_FDS={}", request.listening.size()));
        entries.push_back(fmt::format("LISTEN_FDNAMES={}", fmt::join(request.listening_names, ":"))
        );
        constexpr std::string_view name = "LISTEN_PID=";
        entries.push_back(std::string(name) + std::string(20, '\0'));
        pid_digits = std::span(entries.back()).subspan(name.size());
    }
};

}  // namespace

Result<SpawnedProcess> spawn(
    const boost::asio::any_io_executor& executor,
    Reaper& reaper,
    const SpawnRequest& request,
    Reaper::OnExit on_exit
) {
    namespace v2 = boost::process::v2;
    Environment environment(request);
    std::vector<const char*> arguments;
    arguments.reserve(request.arguments.size() + 1);
    for (const auto& argument : request.arguments) {
        arguments.push_back(argument.c_str());
    }
    arguments.push_back(nullptr);
    std::vector<int> scratch(request.listening.size());
    // Not by the initialiser's own nullptr form, which opens it without CLOEXEC.
    const Fd no_input{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (!no_input) {
        return system_error("open /dev/null", errno);
    }

    CloneLauncher launcher;
    boost::system::error_code ec;
    auto process = launcher(
        executor,
        ec,
        boost::filesystem::path(request.executable),
        arguments.data(),
        v2::process_environment(environment.entries),
        BecomeOwnProcess{request},
        v2::process_start_dir(request.directory.empty() ? "." : request.directory),
        TieToParent{.request = request, .parent = ::getpid()},
        v2::process_stdio{
            .in = request.standard_input < 0 ? no_input.get() : request.standard_input,
            .out = request.standard_output < 0 ? STDOUT_FILENO : request.standard_output,
            .err = request.standard_error < 0 ? STDERR_FILENO : request.standard_error
        },
        HandOverDescriptors{
            .listening = request.listening, .scratch = scratch, .pid_digits = environment.pid_digits
        }
    );
    if (ec) {
        if (launcher.pid > 0) {
            reaper.discard(Pid{launcher.pid});
        } else {
            return system_error("create a process", ec.value());
        }
        return child_error(launcher.failure, request);
    }

    const Pid pid{launcher.pid};
    reaper.manage(pid, std::move(on_exit));
    // The library's handle waits and kills in its destructor; what remains ours is pid and pidfd.
    process.detach();
    return SpawnedProcess{.pid = pid, .pidfd = std::move(launcher.pidfd)};
}

}  // namespace elasticbot::os
