#include "fingerprint.hpp"

#include <elasticbot/config/schema.hpp>

#include <algorithm>
#include <string_view>

namespace elasticbot::config {

namespace {

// FNV-1a over texts, each closed by a byte that no text holds.
class Hash {
public:
    void add(std::string_view text) {
        for (const char byte : text) {
            add_byte(static_cast<unsigned char>(byte));
        }
        add_byte(0xFF);
    }

    std::uint64_t value() const { return value_; }

private:
    void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }

    std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

// What one role alone reads does not disturb the others; what the supervisor itself reads disturbs
// nobody.
bool concerns(std::string_view key, std::string_view role) {
    const std::string_view section = section_of(key);
    if (section == "web") {
        return role == "web" || role == "collectstatic";
    }
    if (section == "worker" || section == "beat") {
        return role == section;
    }
    return section != "supervision";
}

}  // namespace

std::uint64_t fingerprint(
    const supervisor::Program& program,
    const Config& config,
    const Given& given,
    const Variables& env_file
) {
    Hash hash;
    for (const ListenSocket& socket : config.sockets) {
        if (std::ranges::find(program.sockets, socket.name) != program.sockets.end()) {
            hash.add(socket.name);
            hash.add(socket.address);
            hash.add(std::to_string(socket.port));
        }
    }
    if (!program.own) {
        const auto& passed = program.pass_environment;
        const bool all = std::ranges::find(passed, "*") != passed.end();
        for (const auto& [name, value] : env_file) {
            if (all || std::ranges::find(passed, name) != passed.end()) {
                hash.add(name);
                hash.add(value);
            }
        }
        return hash.value();
    }
    const std::string_view name = program.name.value();
    const std::string_view role = name.substr(0, name.find(':'));
    for (const auto& [key, value] : given) {
        if (concerns(key, role)) {
            hash.add(key);
            hash.add(value);
        }
    }
    if (role == "beat") {
        for (const auto& [schedule, rule] : config.schedule_overrides) {
            hash.add(schedule);
            hash.add(rule);
        }
    }
    return hash.value();
}

}  // namespace elasticbot::config
