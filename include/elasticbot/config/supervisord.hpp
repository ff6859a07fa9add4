// supervisord.conf → programs of ours, and the elasticbot.toml that says the same.
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/supervisord/file/file.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::config {

// Keys of [program.NAME] that supervisord does not know. They may stand in its [program:x]
// sections, since it ignores them: one file serves both.
std::span<const std::string_view> own_program_keys();

struct FromSupervisord {
    // In the order of starting. What comes later in it is stopped before.
    std::vector<supervisor::Program> programs;
    Supervision supervision;
    log::Level log_level = log::Level::info;
    Diagnostics findings;  // What cannot be taken over; errors are those of our own keys.
};

// What the programs are for.
enum class Naming {
    elasticbot,   // An elasticbot.toml: names that are ours, "x.x_05"; what it cannot say is left
                  // out.
    supervisord,  // To be run as the file says: "x:x_05", and nothing is left out.
};

// A log that is AUTO has the destination `file` and no path: who runs it makes one.
FromSupervisord from_supervisord(const supervisord::File& file, Naming naming = Naming::elasticbot);

// A whole elasticbot.toml with what is not a default.
std::string to_toml(const FromSupervisord& converted);

}  // namespace elasticbot::config
