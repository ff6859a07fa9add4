// Cost of one spawn against a bare posix_spawn, with few and with many descriptors open and
// registered.
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/adapters/os/spawn.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace elasticbot;

constexpr int repetitions = 200;

// Median time, in microseconds, until a spawn has returned: the program runs. Its end is awaited in
// between.
double median_us(const std::function<void()>& start, const std::function<void()>& await_end) {
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        const TimePoint before = now();
        start();
        times.push_back(std::chrono::duration<double, std::micro>(now() - before).count());
        await_end();
    }
    std::ranges::sort(times);
    return times.at(times.size() / 2);
}

double libc_us() {
    pid_t pid = 0;
    auto start = [&pid] {
        char name[] = "true";
        char* arguments[] = {name, nullptr};
        char* environment[] = {nullptr};
        ::posix_spawn(&pid, "/bin/true", nullptr, nullptr, arguments, environment);
    };
    return median_us(start, [&pid] { ::waitpid(pid, nullptr, 0); });
}

double our_us(boost::asio::io_context& io, os::Reaper& reaper) {
    const os::SpawnRequest request{.executable = "/bin/true", .arguments = {"true"}};
    os::Fd pidfd;
    auto start = [&] {
        auto process = os::spawn(io.get_executor(), reaper, request, [](const os::WaitStatus&) {});
        pidfd = process ? std::move(process->pidfd) : os::Fd{};
    };
    auto await_end = [&] {
        pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
        ::poll(&ended, 1, -1);
        reaper.reap(1);
    };
    return median_us(start, await_end);
}

}  // namespace

int main() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    boost::asio::io_context io{1};
    os::Reaper reaper;

    fmt::print("posix_spawn:                  {:8.1f} us\n", libc_us());
    std::vector<std::unique_ptr<boost::asio::posix::stream_descriptor>> open;
    for (const std::size_t descriptors : {0U, 1000U, 4000U}) {
        while (open.size() < descriptors) {
            auto pipe = os::make_pipe();
            if (!pipe) {
                fmt::print("{}\n", pipe.error().message);
                return 1;
            }
            for (os::Fd* end : {&pipe->read_end, &pipe->write_end}) {
                open.push_back(
                    std::make_unique<boost::asio::posix::stream_descriptor>(io, end->release())
                );
            }
        }
        fmt::print("spawn with {:4} descriptors:  {:8.1f} us\n", descriptors, our_us(io, reaper));
    }
}
