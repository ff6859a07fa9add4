// What supervisorctl reads of a supervisord.conf. (supervisord-compat.md 3)
#pragma once

#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/file/surroundings.hpp>

#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// [supervisorctl] of the main file alone: it may be the only section. An error is the text of the
// reference, as it follows "Error: ".
Parsed<Supervisorctl> read_client_section(
    std::string_view text, const std::string& path, const Surroundings& surroundings
);

}  // namespace elasticbot::supervisord
