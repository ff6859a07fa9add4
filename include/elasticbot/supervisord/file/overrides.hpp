// Options of the command line in place of those of [supervisord]. (supervisord-compat.md 4)
#pragma once

#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/file/surroundings.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

struct Override {
    std::string given;      // "-l", "--logfile": for the message.
    std::string_view name;  // The option of [supervisord]; others are passed over.
    std::string value;      // "" for those that are switched on.
};

// What supervisord says of the first value that it does not take; nothing: all are in `file`.
std::optional<std::string> apply(
    std::span<const Override> overrides, const Surroundings& surroundings, File& file
);

}  // namespace elasticbot::supervisord
