// Sockets that were bound before this process started, by name. (sd_listen_fds(3))
#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/base/text.hpp>

#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::host {
namespace {

constexpr int first_listen_fd = 3;  // SD_LISTEN_FDS_START

std::string_view variable(const char* name) {
    const char* value =
        std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables.
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

// The variables also reach what our parent's other children start, which do not have the
// descriptors.
bool is_meant_for_us() {
    std::string_view pid = variable("LISTEN_PID");
    return pid.empty() || text::to_integer(pid) == std::int64_t{::getpid()};
}

}  // namespace

std::optional<os::Fd> inherited_socket(std::string_view name) {
    auto count = text::to_integer(variable("LISTEN_FDS"));
    if (!count || *count <= 0 || !is_meant_for_us()) {
        return std::nullopt;
    }
    auto names = text::split(variable("LISTEN_FDNAMES"), ':');
    for (int index = 0; index < *count && static_cast<std::size_t>(index) < names.size(); ++index) {
        if (names[static_cast<std::size_t>(index)] != name) {
            continue;
        }
        int fd = first_listen_fd + index;
        struct stat facts{};
        if (::fstat(fd, &facts) != 0 || !S_ISSOCK(facts.st_mode)) {
            return std::nullopt;
        }
        // It had to survive our exec; it must not reach our own children.
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        return os::Fd(fd);
    }
    return std::nullopt;
}

}  // namespace elasticbot::host
