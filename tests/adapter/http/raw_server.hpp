// A server of raw sockets for tests: each connection is answered with whatever bytes the test
// likes, then closed.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::test {

class RawServer {
public:
    // Called on the server's thread, one connection at a time, with the whole request.
    using Answer = std::function<void(int descriptor, const std::string& request)>;

    explicit RawServer(Answer answer) : answer_(std::move(answer)) {
        listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): sockets API.
        EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listening_, 16), 0);
        EXPECT_EQ(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }

    ~RawServer() {
        stopping_ = true;
        thread_.join();
        close(listening_);
    }

    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }

    // Waits until the client hangs up or the test ends.
    void wait_for_hang_up(int descriptor) const {
        while (!stopping_) {
            pollfd one{.fd = descriptor, .events = POLLIN | POLLRDHUP, .revents = 0};
            if (poll(&one, 1, 20) > 0) {
                return;
            }
        }
    }

private:
    void serve() {
        while (!stopping_) {
            pollfd one{.fd = listening_, .events = POLLIN, .revents = 0};
            if (poll(&one, 1, 20) <= 0) {
                continue;
            }
            const int connection = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            answer_(connection, read_request(connection));
            close(connection);
        }
    }

    static std::string read_request(int connection) {
        std::string request;
        std::array<char, 4096> buffer{};
        while (true) {
            const auto end = request.find("\r\n\r\n");
            const auto length = request.find("Content-Length: ");
            const std::size_t body =
                length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
            if (end != std::string::npos && request.size() >= end + 4 + body) {
                return request;
            }
            const auto count = read(connection, buffer.data(), buffer.size());
            if (count <= 0) {
                return request;
            }
            request.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

    Answer answer_;
    int listening_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

inline void send_text(int descriptor, const std::string& text) {
    EXPECT_EQ(
        send(descriptor, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size())
    );
}

inline std::string answer_with(
    const std::string& status, const std::string& headers, const std::string& body
) {
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           body;
}

}  // namespace elasticbot::test
