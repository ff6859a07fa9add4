#include "state_dir.hpp"

#include "configuration.hpp"
#include "supervisord_file.hpp"

#include <elasticbot/base/json.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::cli {

namespace fs = std::filesystem;

namespace {

std::string variable(const Invocation& invocation, const std::string& name) {
    const auto found = invocation.environment.find(name);
    return found == invocation.environment.end() ? std::string() : found->second;
}

std::string record_path(const std::string& dir) {
    return dir + "/up.json";
}

// FNV-1a: the same folder has the same name at each start, whatever built us.
std::string short_hash(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

std::string short_root(const Invocation& invocation) {
    if (geteuid() == 0) {
        return "/run/elasticbot";
    }
    if (const std::string runtime = variable(invocation, "XDG_RUNTIME_DIR"); !runtime.empty()) {
        return runtime + "/elasticbot";
    }
    return fmt::format("/tmp/elasticbot-{}", geteuid());
}

bool answers(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return false;
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    const bool connected =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
        errno == EAGAIN;
    close(fd);
    return connected;
}

// Where an `up` that is started here with these sources would be: whatever else is wrong with them
// is of no concern to those who look for it.
config::Supervision places_of_up(const Invocation& invocation) {
    return config::load(read_sources(invocation, true).sources).config.supervision;
}

std::string absolute_state_dir(const config::Supervision& supervision) {
    std::error_code ignored;
    return fs::absolute(supervision.state_dir, ignored).lexically_normal().string();
}

}  // namespace

std::string state_dir(const Invocation& invocation) {
    return absolute_state_dir(places_of_up(invocation));
}

std::string short_dir(const Invocation& invocation, const std::string& dir) {
    return short_root(invocation) + "/" + short_hash(dir);
}

Result<> write_record(const std::string& dir, const UpRecord& record) {
    const Json json{
        {"control_socket", record.control_socket},
        {"socket_dir", record.socket_dir},
        {"database_url", record.database_url},
        {"redis_url", record.redis_url},
    };
    // Renamed into place: a reader sees the old or the new record, never a part.
    const std::string temporary = record_path(dir) + ".new";
    {
        std::ofstream file(temporary, std::ios::trunc);
        file << json::dump(json) << "\n";
        if (!file.flush()) {
            return system_error("write " + temporary, errno);
        }
    }
    if (rename(temporary.c_str(), record_path(dir).c_str()) != 0) {
        return system_error("write " + record_path(dir), errno);
    }
    return {};
}

void remove_record(const std::string& dir) {
    unlink(record_path(dir).c_str());
}

std::optional<UpRecord> read_record(const std::string& dir) {
    std::ifstream file(record_path(dir));
    if (!file) {
        return std::nullopt;
    }
    std::stringstream text;
    text << file.rdbuf();
    const auto json = json::parse(text.str());
    if (!json || !json->is_object()) {
        return std::nullopt;
    }
    return UpRecord{
        json::string_or_empty(*json, "control_socket"),
        json::string_or_empty(*json, "socket_dir"),
        json::string_or_empty(*json, "database_url"),
        json::string_or_empty(*json, "redis_url"),
    };
}

std::string control_socket(const Invocation& invocation) {
    if (!invocation.socket.empty()) {
        return invocation.socket;
    }
    if (const std::string file = named_configuration_file(invocation); is_supervisord_file(file)) {
        return supervisord_control_socket(invocation, absolute_path(file));
    }
    const config::Supervision places = places_of_up(invocation);
    if (!places.control_socket.empty()) {
        return places.control_socket;
    }
    if (const auto record = read_record(absolute_state_dir(places));
        record && !record->control_socket.empty()) {
        return record->control_socket;
    }
    return geteuid() == 0 ? "/run/elasticbot/control.sock"
                          : fmt::format("/tmp/elasticbot-{}/control.sock", geteuid());
}

std::optional<UpRecord> running_up(const Invocation& invocation) {
    auto record = read_record(state_dir(invocation));
    if (!record || !answers(record->control_socket)) {
        return std::nullopt;
    }
    return record;
}

}  // namespace elasticbot::cli
