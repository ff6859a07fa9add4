// supervisord.conf → programs of ours, and the elasticbot.toml that says the same.
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/core/config/config.hpp>
#include <elasticbot/core/supervisord_dialect/file.hpp>

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

FromSupervisord from_supervisord(const supervisord::File& file);

// A whole elasticbot.toml with what is not a default.
std::string to_toml(const FromSupervisord& converted);

}  // namespace elasticbot::config
