// supervisord.conf and what it includes → the typed file, or what is wrong with it.
#pragma once

#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/file/surroundings.hpp>

#include <span>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

struct ReadFile {
    File file;  // Meaningful without `error`.
    // What the reference prints behind "Error: " for this file: the first thing that it finds.
    std::optional<std::string> error;
    // All errors, each where it stands, and what is accepted and hardly meant.
    Diagnostics findings;
    Ini ini;  // As written, included files merged.
};

// `path` as it was given. `own_keys` are elasticbot's, which may stand in sections of programs: the
// reference ignores them.
ReadFile read_file(
    std::string_view text,
    const std::string& path,
    const Surroundings& surroundings,
    std::span<const std::string_view> own_keys
);

// Whether a file is meant to be a supervisord.conf: by the end of its name (.conf, .ini), else by a
// [supervisord] or [program:x] section.
bool is_supervisord_file(std::string_view path, std::string_view text);

}  // namespace elasticbot::supervisord
