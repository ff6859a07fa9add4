#include "daemon.hpp"

#include "support/exec.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::scenario {

namespace {

std::string make_folder() {
    std::string folder = ::testing::TempDir() + "elasticbot-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        throw std::runtime_error("cannot create a folder for the test");
    }
    return folder;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void run(std::vector<std::string> command, const std::string& folder, int output) {
    const auto arguments = testing_support::exec_pointers(command);
    const int errors = ::open((folder + "/errors").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int input = ::open("/dev/null", O_RDONLY);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(patience_seconds);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        ::poll(nullptr, 0, 5);
    }
    return true;
}

Daemon::Daemon(Json programs, Json settings, const DaemonOptions& options)
    : folder_(make_folder()),
      socket_(options.socket.empty() ? folder_ + "/control.sock" : options.socket) {
    // Braces around a single object are that object.
    settings["programs"] = programs.is_array() ? std::move(programs) : Json::array({programs});
    std::ofstream(folder_ + "/fleet.json") << settings.dump(2);
    std::vector<std::string> command = options.wrapper;
    command.insert(command.end(), {ELASTICBOT_FLEET_MAIN, folder_ + "/fleet.json", socket_});
    const os::Fd log{
        ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
    };
    pid_ = ::fork();
    if (pid_ == 0) {
        run(command, folder_, options.standard_output >= 0 ? options.standard_output : log.get());
    }
}

Daemon::~Daemon() {
    if (!exit_ && pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (::testing::Test::HasFailure()) {
        std::cerr << "--- log of the daemon\n" << log() << errors() << "---\n";
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Daemon::request(std::string_view method, std::string_view target, std::string_view body)
    const {
    const os::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
    const timeval limit{.tv_sec = patience_seconds, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return "";
    }
    const std::string text = fmt::format(
        "{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
        method,
        target,
        body.size(),
        body
    );
    if (::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
        return "";
    }
    std::string answer;
    std::array<char, 65536> buffer{};
    ssize_t length = 0;
    while ((length = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
        answer.append(buffer.data(), static_cast<std::size_t>(length));
    }
    const auto end_of_headers = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 ") || end_of_headers == std::string::npos) {
        return "";
    }
    return answer.substr(9, 3) + ' ' + answer.substr(end_of_headers + 4);
}

Json Daemon::status() const {
    const std::string answer = request("GET", "/v1/status");
    return answer.starts_with("200 ") ? Json::parse(answer.substr(4), nullptr, false) : Json();
}

Json Daemon::program(std::string_view name) const {
    const Json state = status();
    if (state.is_object()) {
        for (const auto& program : state["programs"]) {
            if (program["name"] == name) {
                return program;
            }
        }
    }
    return {};
}

bool Daemon::wait_for_state(std::string_view name, std::string_view state) const {
    return eventually([&] {
        const Json now = program(name);
        return now.is_object() && now["state"] == state;
    });
}

bool Daemon::wait_until_healthy() const {
    return eventually([&] {
        const Json now = status();
        return now.is_object() && now["overall"] == "healthy";
    });
}

std::string Daemon::errors() const {
    return read_file(folder_ + "/errors");
}

std::string Daemon::log() const {
    return read_file(folder_ + "/log");
}

std::vector<Json> Daemon::records(std::string_view event) const {
    std::vector<Json> found;
    std::istringstream lines(log());
    for (std::string line; std::getline(lines, line);) {
        const Json record = Json::parse(line, nullptr, false);
        if (record.is_object() && record.value("event", "") == event) {
            found.push_back(record);
        }
    }
    return found;
}

void Daemon::signal(int number) const {
    ::kill(pid_, number);
}

std::optional<int> Daemon::wait_for_exit() {
    eventually([&] {
        int status = 0;
        if (!exit_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
            exit_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
        return exit_.has_value();
    });
    return exit_;
}

bool is_alive(pid_t pid) {
    const std::string stat = read_file(fmt::format("/proc/{}/stat", pid));
    const auto name_end = stat.rfind(") ");
    return name_end != std::string::npos && stat.size() > name_end + 2 && stat[name_end + 2] != 'Z';
}

}  // namespace elasticbot::scenario
