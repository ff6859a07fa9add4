// What reading a supervisord.conf asks of the machine: handed in, so that the reading is pure.
#pragma once

#include <elasticbot/base/result.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::supervisord {

struct Surroundings {
    std::map<std::string, std::string> environment;  // Of the daemon: %(ENV_x)s.
    std::string host_node_name;
    std::string working_directory;  // Absolute.
    std::string temporary_directory = "/tmp";

    std::function<bool(const std::string& path)> is_directory;
    // Paths that match, in any order; hidden files only where the pattern begins with a dot.
    std::function<std::vector<std::string>(const std::string& pattern)> glob;
    std::function<Result<std::string>(const std::string& path)> read_file;
    // By name or number; the home directory of a user that exists.
    std::function<std::optional<std::string>(const std::string& user)> home_of;
    std::function<bool(const std::string& group)> group_exists;
};

}  // namespace elasticbot::supervisord
