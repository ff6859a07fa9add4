// A client that only waits: XML-RPC calls one after the other over one connection, each timed.
//
//   bench_rpc SOCKET METHOD SECONDS
//
// prints "CALLS SECONDS P50_NS P99_NS MAX_NS BYTES", BYTES being the size of the last answer's
// body. It reads the length from the header and throws the body away: the time is the server's.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

constexpr std::size_t fewest_calls = 20;  // However slow the server is.

long long nanoseconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<long long>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

[[noreturn]] void give_up(const char* reason) {
    std::fprintf(stderr, "bench_rpc: %s\n", reason);
    std::exit(1);
}

int connect_to(const char* path) {
    const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof(address.sun_path)) {
        give_up("the path of the socket is too long");
    }
    std::memcpy(address.sun_path, path, std::strlen(path) + 1);
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    if (connection < 0 || connect(connection, any, sizeof(address)) != 0) {
        std::perror(path);
        std::exit(1);
    }
    return connection;
}

std::string request_for(std::string_view method) {
    std::string body = "<?xml version='1.0'?>\n<methodCall>\n<methodName>";
    body.append(method).append("</methodName>\n<params>\n</params>\n</methodCall>\n");
    return "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n"
           "Content-Type: text/xml\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

void send_all(int connection, std::string_view data) {
    while (!data.empty()) {
        const ssize_t sent = send(connection, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            give_up("the server closed the connection");
        }
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::size_t content_length(std::string_view header) {
    constexpr std::string_view name = "content-length:";
    std::string lower(header);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    std::size_t at = lower.find(name);
    if (at == std::string::npos) {
        give_up("an answer without Content-Length");
    }
    at = lower.find_first_not_of(' ', at + name.size());
    std::size_t length = 0;
    std::from_chars(lower.data() + at, lower.data() + lower.size(), length);
    return length;
}

// One answer, of which the beginning is looked at. Returns the size of the body.
std::size_t receive(int connection) {
    static std::array<char, std::size_t{256} * 1024> buffer;
    std::size_t held = 0;
    std::size_t body_at = std::string_view::npos;
    while (body_at == std::string_view::npos) {
        const ssize_t got = recv(connection, buffer.data() + held, buffer.size() - held, 0);
        if (got <= 0) {
            give_up("the server closed the connection");
        }
        held += static_cast<std::size_t>(got);
        body_at = std::string_view(buffer.data(), held).find("\r\n\r\n");
    }
    body_at += 4;
    const std::string_view seen(buffer.data(), held);
    if (!seen.starts_with("HTTP/1.1 200 ") || seen.find("<fault>") != std::string_view::npos) {
        std::fwrite(seen.data(), 1, seen.size(), stderr);
        give_up("that is no result");
    }
    const std::size_t length = content_length(seen.substr(0, body_at));
    std::size_t received = held - body_at;
    while (received < length) {
        const ssize_t got = recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            give_up("the server closed the connection");
        }
        received += static_cast<std::size_t>(got);
    }
    return length;
}

long long percentile(const std::vector<long long>& sorted, std::size_t percent) {
    return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("bench_rpc SOCKET METHOD SECONDS\n", stderr);
        return 2;
    }
    const int connection = connect_to(argv[1]);
    const std::string request = request_for(argv[2]);
    const double seconds = std::strtod(argv[3], nullptr);
    std::vector<long long> times;
    std::size_t bytes = 0;
    send_all(connection, request);  // Not timed: what is made at the first call is made.
    receive(connection);
    const long long began = nanoseconds();
    const long long end = began + static_cast<long long>(seconds * 1e9);
    long long now = began;
    while (now < end || times.size() < fewest_calls) {
        send_all(connection, request);
        bytes = receive(connection);
        const long long then = std::exchange(now, nanoseconds());
        times.push_back(now - then);
    }
    close(connection);
    std::ranges::sort(times);
    std::printf(
        "%zu %.6f %lld %lld %lld %zu\n",
        times.size(),
        static_cast<double>(now - began) / 1e9,
        percentile(times, 50),
        percentile(times, 99),
        times.back(),
        bytes
    );
    return 0;
}
