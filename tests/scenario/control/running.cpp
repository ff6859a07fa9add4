#include "running.hpp"

#include "../daemon.hpp"
#include "support/exec.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::scenario {

Running::Running(
    const Folder& folder,
    std::vector<std::string> arguments,
    Output output,
    const std::map<std::string, std::string>& environment
)
    : folder_(&folder) {
    static int count = 0;
    file_ = fmt::format("{}/.running-{}", folder.path(), ++count);
    arguments.insert(arguments.begin(), "elasticbot");
    std::vector<std::string> variables{"PATH=/usr/bin:/bin"};
    for (const auto& [name, value] : environment) {
        variables.push_back(fmt::format("{}={}", name, value));
    }
    auto argv = testing_support::exec_pointers(arguments);
    auto envp = testing_support::exec_pointers(variables);

    const winsize size{.ws_row = 24, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = output == Output::terminal ? ::forkpty(&terminal_, nullptr, nullptr, &size) : ::fork();
    if (pid_ < 0) {
        throw std::runtime_error("cannot start a process for the test");
    }
    if (pid_ == 0) {
        if (output == Output::file) {
            const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            ::dup2(file, STDOUT_FILENO);
            ::dup2(file, STDERR_FILENO);
        }
        if (::chdir(folder.path().c_str()) == 0) {
            ::execve(ELASTICBOT_BINARY, argv.data(), envp.data());
        }
        ::_exit(127);
    }
    if (terminal_ >= 0) {
        ::fcntl(terminal_, F_SETFL, O_NONBLOCK);
        ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
    }
}

Running::~Running() {
    if (!exit_ && pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (::testing::Test::HasFailure()) {
        std::cerr << "--- output of the run\n" << output() << "\n---\n";
    }
    if (terminal_ >= 0) {
        ::close(terminal_);
    }
}

std::string Running::output() {
    if (terminal_ < 0) {
        std::ifstream file(file_);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::array<char, 4096> piece{};
    ssize_t size = 0;
    while ((size = ::read(terminal_, piece.data(), piece.size())) > 0) {
        received_.append(piece.data(), static_cast<std::size_t>(size));
    }
    return received_;
}

bool Running::says(std::string_view text) {
    return eventually([&] { return output().contains(text); });
}

void Running::signal(int number) const {
    ::kill(pid_, number);
}

void Running::type(std::string_view keys) const {
    if (::write(terminal_, keys.data(), keys.size()) < 0) {
        throw std::runtime_error("cannot type on the terminal of the test");
    }
}

std::optional<int> Running::wait_for_exit() {
    eventually([&] {
        static_cast<void>(output());  // A terminal that nobody reads holds its writer.
        int status = 0;
        if (!exit_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
            exit_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
        return exit_.has_value();
    });
    return exit_;
}

bool wait_until_healthy(const Folder& folder) {
    return eventually([&] { return folder.run({"status", "-q"}).exit_code == 0; });
}

}  // namespace elasticbot::scenario
