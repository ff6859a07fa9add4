#include <elasticbot/adapters/os/cgroup.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace elasticbot::os {

namespace {

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

template <class T>
void lower(std::optional<T>& limit, std::optional<T> other) {
    if (other && (!limit || *other < *limit)) {
        limit = other;
    }
}

// "max" and anything that is not a number: no limit.
std::optional<std::int64_t> read_number(const std::string& path) {
    const auto content = read_file(path);
    return content ? text::to_integer(text::trim(*content)) : std::nullopt;
}

// The value behind `name` in lines "name value".
std::optional<std::uint64_t> find_counter(std::string_view content, std::string_view name) {
    for (const auto line : text::split(content, '\n')) {
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
            if (const auto value = text::to_integer(text::trim(line.substr(name.size())))) {
                return static_cast<std::uint64_t>(*value);
            }
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> read_kills(const Fd& file) {
    std::array<char, 4096> content{};
    const ssize_t length = ::pread(file.get(), content.data(), content.size(), 0);
    return length < 0
               ? std::nullopt
               : find_counter({content.data(), static_cast<std::size_t>(length)}, "oom_kill");
}

// Our group in one hierarchy: "/docker/abc". `controller` empty: version 2's single hierarchy,
// whose line is "0::".
std::optional<std::string> group_path(const CgroupFiles& files, std::string_view controller) {
    const auto content = read_file(files.membership);
    if (!content) {
        return std::nullopt;
    }
    for (const auto line : text::split(*content, '\n')) {
        const auto parts = text::split(line, ':');
        if (parts.size() < 3) {
            continue;
        }
        const auto controllers = text::split(parts[1], ',');
        if (std::ranges::find(controllers, controller) != controllers.end()) {
            return std::string(line.substr(parts[0].size() + parts[1].size() + 2));
        }
    }
    return std::nullopt;
}

// The folders of the group and of its ancestors. In a container the path is often that of the host
// while the mount shows only our part: folders that do not exist are harmless, and the mount's root
// is always among them.
std::vector<std::string> folders(const std::string& mount, std::string path) {
    std::vector<std::string> found;
    while (!path.empty() && path != "/") {
        found.push_back(mount + path);
        path.erase(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
    found.push_back(mount);
    return found;
}

std::vector<std::string> version_2_folders(const CgroupFiles& files) {
    const auto path = group_path(files, "");
    return path && read_file(files.root + "/cgroup.controllers") ? folders(files.root, *path)
                                                                 : std::vector<std::string>{};
}

std::vector<std::string> version_1_folders(const CgroupFiles& files, std::string_view controller) {
    const auto path = group_path(files, controller);
    return path ? folders(fmt::format("{}/{}", files.root, controller), *path)
                : std::vector<std::string>{};
}

std::optional<double> share(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) {
        return std::nullopt;
    }
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

// "50000 100000", "max 100000"
std::optional<double> read_cpu_max(const std::string& path) {
    const auto content = read_file(path);
    if (!content) {
        return std::nullopt;
    }
    const auto parts = text::split(text::trim(*content), ' ');
    return parts.size() == 2 ? share(text::to_integer(parts[0]), text::to_integer(parts[1]))
                             : std::nullopt;
}

// Version 1 writes 'no limit' as the largest multiple of a page.
std::optional<std::int64_t> without_huge(std::optional<std::int64_t> bytes) {
    constexpr std::int64_t huge = std::int64_t{1} << 60;
    return bytes && *bytes < huge ? bytes : std::nullopt;
}

}  // namespace

CgroupLimits read_cgroup_limits(const CgroupFiles& files) {
    CgroupLimits limits;
    for (const auto& folder : version_2_folders(files)) {
        lower(limits.cpus, read_cpu_max(folder + "/cpu.max"));
        lower(limits.memory_bytes, read_number(folder + "/memory.max"));
        lower(limits.processes, read_number(folder + "/pids.max"));
    }
    for (const auto& folder : version_1_folders(files, "cpu")) {
        lower(
            limits.cpus,
            share(
                read_number(folder + "/cpu.cfs_quota_us"),
                read_number(folder + "/cpu.cfs_period_us")
            )
        );
    }
    for (const auto& folder : version_1_folders(files, "memory")) {
        lower(limits.memory_bytes, without_huge(read_number(folder + "/memory.limit_in_bytes")));
    }
    for (const auto& folder : version_1_folders(files, "pids")) {
        lower(limits.processes, read_number(folder + "/pids.max"));
    }
    return limits;
}

OutOfMemoryCounter::OutOfMemoryCounter(const CgroupFiles& files) {
    std::vector<std::string> paths;
    for (const auto& folder : version_2_folders(files)) {
        paths.push_back(folder + "/memory.events");
    }
    for (const auto& folder : version_1_folders(files, "memory")) {
        paths.push_back(folder + "/memory.oom_control");
    }
    for (const auto& path : paths) {
        Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (file && read_kills(file)) {
            file_ = std::move(file);
            return;
        }
    }
}

std::optional<std::uint64_t> OutOfMemoryCounter::read() const {
    return file_ ? read_kills(file_) : std::nullopt;
}

}  // namespace elasticbot::os
