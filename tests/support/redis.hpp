// A Redis server of our own for one test: private folder, unix socket, ended with the test.
#pragma once

#include "support/exec.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::testing_support {

// Starts in the constructor and answers PING when that returns. Data survive restart() and kill()
// (append-only file).
class PrivateRedis {
public:
    explicit PrivateRedis(std::vector<std::string> options = {}, bool with_tcp = false)
        : options_(std::move(options)), port_(with_tcp ? free_port() : 0) {
        std::string name =
            (std::filesystem::temp_directory_path() / "elasticbot-redis-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a folder for Redis");
        }
        folder_ = name;
        start();
    }

    ~PrivateRedis() {
        kill();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    PrivateRedis(const PrivateRedis&) = delete;
    PrivateRedis& operator=(const PrivateRedis&) = delete;

    // Whether the machine has a server to start: otherwise GTEST_SKIP().
    static bool is_installed() { return std::filesystem::exists("/usr/bin/redis-server"); }

    std::string socket_path() const { return (folder_ / "redis.sock").string(); }

    const std::filesystem::path& folder() const { return folder_; }

    // For ours and for Python.
    std::string url(int database = 0) const {
        return "redis+socket://" + socket_path() + "?virtual_host=" + std::to_string(database);
    }

    int port() const { return port_; }

    pid_t pid() const { return pid_; }

    void start() {
        std::vector<std::string> words{
            "/usr/bin/redis-server",
            "--port",
            std::to_string(port_),
            "--bind",
            "127.0.0.1",
            "--unixsocket",
            socket_path(),
            "--dir",
            folder_.string(),
            "--save",
            "",
            "--appendonly",
            "yes",
            "--logfile",
            (folder_ / "redis.log").string(),
            "--enable-debug-command",
            "yes"
        };
        words.insert(words.end(), options_.begin(), options_.end());
        const auto argv = exec_pointers(words);
        if (posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0) {
            throw std::runtime_error("cannot start redis-server");
        }
        wait_until_it_answers();
    }

    void stop() { end(SIGTERM); }

    void kill() { end(SIGKILL); }

    void restart() {
        stop();
        start();
    }

    // Stops the clock of the server, so to speak: it accepts and never answers until resume().
    void freeze() const { ::kill(pid_, SIGSTOP); }

    void resume() const { ::kill(pid_, SIGCONT); }

    // The raw reply to a command of plain words: "+PONG\r\n". Empty when there is no server.
    std::string ask(const std::vector<std::string>& words) const {
        int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket_path().copy(address.sun_path, sizeof address.sun_path - 1);
        std::string reply;
        if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
            std::string request = "*" + std::to_string(words.size()) + "\r\n";
            for (const auto& word : words) {
                request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
            }
            ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
            ::shutdown(fd, SHUT_WR);
            char buffer[4096];
            for (ssize_t size = 0; (size = ::read(fd, buffer, sizeof buffer)) > 0;) {
                reply.append(buffer, static_cast<std::size_t>(size));
            }
        }
        ::close(fd);
        return reply;
    }

    // ":3\r\n" → 3; -1 when the reply is no number.
    long number(const std::vector<std::string>& words) const {
        auto reply = ask(words);
        return reply.starts_with(':') ? std::atol(reply.c_str() + 1) : -1;
    }

    std::string log() const {
        std::ifstream file(folder_ / "redis.log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    static int free_port() {
        int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        ::close(fd);
        return ntohs(address.sin_port);
    }

    void wait_until_it_answers() {
        for (int attempt = 0; attempt < 2000; ++attempt) {
            auto reply = ask({"PING"});
            if (reply.starts_with("+PONG") || reply.starts_with("-NOAUTH")) {
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        throw std::runtime_error("redis-server does not answer:\n" + log());
    }

    void end(int signal) {
        if (pid_ > 0) {
            ::kill(pid_, SIGCONT);
            ::kill(pid_, signal);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

    std::vector<std::string> options_;
    int port_ = 0;
    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

}  // namespace elasticbot::testing_support
