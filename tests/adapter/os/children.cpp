#include "children.hpp"

#include <elasticbot/adapters/os/process_facts.hpp>
#include <elasticbot/base/time.hpp>

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace elasticbot::os {

namespace {

constexpr Duration patience = 30s;

std::string read_to_end(const Fd& fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t length = 0;
    while ((length = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(length));
    }
    return text;
}

}  // namespace

SpawnRequest Children::shell(const std::string& script) {
    return {
        .executable = "/bin/sh",
        .arguments = {"sh", "-c", script},
        .environment = {"PATH=/usr/local/bin:/usr/bin:/bin"}
    };
}

Result<SpawnedProcess> Children::start(SpawnRequest request) {
    const Fd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    if (request.standard_output < 0) {
        request.standard_output = null.get();
    }
    if (request.standard_error < 0) {
        request.standard_error = null.get();
    }
    auto pid = std::make_shared<Pid>();
    auto process =
        spawn(io_.get_executor(), reaper_, request, [this, pid](const WaitStatus& status) {
            statuses_.insert_or_assign(*pid, status);
        });
    if (process) {
        *pid = process->pid;
    }
    return process;
}

Result<Finished> Children::run(SpawnRequest request) {
    auto pipe = make_pipe();
    if (!pipe) {
        return pipe.error();
    }
    request.standard_output = pipe->write_end.get();
    request.standard_error = pipe->write_end.get();
    auto process = start(std::move(request));
    if (!process) {
        return process.error();
    }
    pipe->write_end.reset();
    std::string output = read_to_end(pipe->read_end);
    if (!reap_until([&] { return status(process->pid).has_value(); })) {
        return Error{Errc::timeout, "cannot await the end of the child"};
    }
    return Finished{.status = *status(process->pid), .output = std::move(output)};
}

bool Children::reap_until(const std::function<bool()>& condition) {
    const TimePoint deadline = now() + patience;
    while (!condition()) {
        if (reaper_.reap(100) > 0) {
            continue;
        }
        if (now() > deadline) {
            return false;
        }
        ::poll(nullptr, 0, 1);
    }
    return true;
}

std::optional<WaitStatus> Children::status(Pid pid) const {
    const auto found = statuses_.find(pid);
    return found == statuses_.end() ? std::nullopt : std::optional(found->second);
}

std::size_t count_zombies() {
    std::size_t zombies = 0;
    for (const Pid pid : read_own_children()) {
        std::ifstream file(fmt::format("/proc/{}/stat", pid.value()));
        std::string stat;
        std::getline(file, stat);
        const auto name_end = stat.rfind(") ");
        zombies += name_end != std::string::npos && stat.at(name_end + 2) == 'Z' ? 1U : 0U;
    }
    return zombies;
}

}  // namespace elasticbot::os
