#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/process_facts.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace elasticbot::os {

namespace {

// Files of /proc have no size; those read here fit.
Result<std::string> read_small_file(const std::string& path) {
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) {
        return system_error(fmt::format("read {}", path), errno);
    }
    std::array<char, 4096> buffer{};
    std::string content;
    while (true) {
        const ssize_t length = ::read(fd.get(), buffer.data(), buffer.size());
        if (length < 0 && errno == EINTR) {
            continue;
        }
        if (length < 0) {
            return system_error(fmt::format("read {}", path), errno);
        }
        if (length == 0) {
            return content;
        }
        content.append(buffer.data(), static_cast<std::size_t>(length));
    }
}

struct DirectoryCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

using Directory = std::unique_ptr<DIR, DirectoryCloser>;

// Calls `visit` with each name that is a number.
template <class Function>
bool for_each_number(const std::string& path, Function visit) {
    const Directory directory{::opendir(path.c_str())};
    if (!directory) {
        return false;
    }
    while (const dirent* entry =
               ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): an own DIR
        if (const auto number = text::to_integer(entry->d_name)) {
            visit(*number);
        }
    }
    return true;
}

}  // namespace

Result<ProcessFacts> parse_process_stat(
    std::string_view stat, std::int64_t page_bytes, std::int64_t ticks_per_second
) {
    // Fields behind the last ')', counted from 3 as in proc(5).
    constexpr std::size_t first_field = 3;
    constexpr std::size_t parent_field = 4;
    constexpr std::size_t group_field = 5;
    constexpr std::size_t user_time_field = 14;
    constexpr std::size_t system_time_field = 15;
    constexpr std::size_t threads_field = 20;
    constexpr std::size_t resident_field = 24;
    const auto name_end = stat.rfind(')');
    const auto fields = name_end == std::string_view::npos
                            ? std::vector<std::string_view>{}
                            : text::split(text::trim(stat.substr(name_end + 1)), ' ');
    bool complete = true;
    auto number = [&](std::size_t field) -> std::int64_t {
        const std::size_t index = field - first_field;
        const auto value = index < fields.size() ? text::to_integer(fields[index]) : std::nullopt;
        complete = complete && value.has_value();
        return value.value_or(0);
    };
    const std::int64_t ticks = number(user_time_field) + number(system_time_field);
    const ProcessFacts facts{
        .parent = Pid{static_cast<std::int32_t>(number(parent_field))},
        .group = Pid{static_cast<std::int32_t>(number(group_field))},
        .resident_bytes = number(resident_field) * page_bytes,
        .cpu_time = std::chrono::nanoseconds(ticks * (std::nano::den / ticks_per_second)),
        .threads = static_cast<int>(number(threads_field))
    };
    if (!complete) {
        return Error{Errc::invalid, "cannot read a process's stat file: a field is missing"};
    }
    return facts;
}

Result<ProcessFacts> read_process_facts(Pid pid) {
    static const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
    static const std::int64_t ticks_per_second = ::sysconf(_SC_CLK_TCK);
    const std::string path = fmt::format("/proc/{}/stat", pid.value());
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    // The kernel gives the line, which is always shorter, in one piece.
    std::array<char, 1024> line{};
    const ssize_t length = fd ? ::read(fd.get(), line.data(), line.size()) : -1;
    if (length < 0) {
        return system_error(fmt::format("read {}", path), errno);
    }
    return parse_process_stat(
        {line.data(), static_cast<std::size_t>(length)}, page_bytes, ticks_per_second
    );
}

Result<std::int64_t> read_pss_bytes(Pid pid) {
    auto rollup = read_small_file(fmt::format("/proc/{}/smaps_rollup", pid.value()));
    if (!rollup) {
        return rollup.error();
    }
    for (const auto line : text::split(*rollup, '\n')) {
        if (line.starts_with("Pss:")) {
            const auto value = text::trim(line.substr(4));
            if (const auto kilobytes = text::to_integer(value.substr(0, value.find(' ')))) {
                return *kilobytes * 1024;
            }
        }
    }
    return Error{
        Errc::unavailable, fmt::format("cannot read the memory of process {}", pid.value())
    };
}

Result<std::size_t> count_open_descriptors(Pid pid) {
    const std::string path = fmt::format("/proc/{}/fd", pid.value());
    std::size_t count = 0;
    if (!for_each_number(path, [&](std::int64_t) { ++count; })) {
        return system_error(fmt::format("read {}", path), errno);
    }
    return count;
}

std::unordered_map<Pid, GroupFacts> read_group_facts() {
    std::unordered_map<Pid, GroupFacts> groups;
    for_each_number("/proc", [&](std::int64_t number) {
        // A process that ended meanwhile is no longer of interest.
        if (const auto facts = read_process_facts(Pid{static_cast<std::int32_t>(number)})) {
            GroupFacts& group = groups[facts->group];
            group.resident_bytes += facts->resident_bytes;
            group.cpu_time += facts->cpu_time;
            ++group.processes;
        }
    });
    return groups;
}

std::vector<Pid> read_own_children() {
    std::vector<Pid> children;
    const auto own = static_cast<std::int32_t>(::getpid());
    // The list of the main thread; every thread of a process has one of its own.
    if (const auto list = read_small_file(fmt::format("/proc/self/task/{}/children", own))) {
        for (const auto word : text::split(*list, ' ')) {
            if (const auto number = text::to_integer(word)) {
                children.emplace_back(static_cast<std::int32_t>(*number));
            }
        }
        return children;
    }
    // Kernels without CONFIG_PROC_CHILDREN.
    for_each_number("/proc", [&](std::int64_t number) {
        const Pid pid{static_cast<std::int32_t>(number)};
        const auto facts = read_process_facts(pid);
        if (facts && facts->parent == Pid{own}) {
            children.push_back(pid);
        }
    });
    return children;
}

}  // namespace elasticbot::os
