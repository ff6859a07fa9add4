// Who holds messages, told apart from whoever gets its pid later.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/broker/consumer.hpp>

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace elasticbot::broker {

namespace {

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// Field 22 of /proc/PID/stat, counted behind the name in parentheses, which may hold anything.
// Empty: no such process.
std::string start_time(std::string_view pid) {
    auto line = first_line(fmt::format("/proc/{}/stat", pid));
    auto name_end = line.rfind(')');
    if (name_end == std::string::npos) {
        return {};
    }
    auto fields = text::split(std::string_view(line).substr(name_end + 2), ' ');
    bool is_zombie = !fields.empty() && fields[0] == "Z";
    return fields.size() > 19 && !is_zombie ? std::string(fields[19]) : "";
}

// Boot and pid namespace: pids mean the same only where both agree.
std::string place() {
    std::array<char, 64> link{};
    auto size = ::readlink("/proc/self/ns/pid", link.data(), link.size());
    std::string name_space =
        size > 0 ? std::string(link.data(), static_cast<std::size_t>(size)) : "";
    std::erase_if(name_space, [](char c) { return c < '0' || c > '9'; });
    return fmt::format("{}/{}", first_line("/proc/sys/kernel/random/boot_id"), name_space);
}

}  // namespace

std::string consumer_id() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    auto pid = std::to_string(::getpid());
    return fmt::format(
        "{}/{}/{}/{}", text::replace_all(host.data(), "/", "_"), place(), pid, start_time(pid)
    );
}

bool is_known_dead(const std::string& id) {
    auto parts = text::split(id, '/');
    if (parts.size() < 5 || fmt::format("{}/{}", parts[1], parts[2]) != place() ||
        parts[4].empty()) {
        return false;
    }
    return start_time(parts[3]) != parts[4];
}

}  // namespace elasticbot::broker
