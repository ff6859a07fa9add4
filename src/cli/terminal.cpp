#include <elasticbot/cli/terminal.hpp>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

std::string value_of(const Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

}  // namespace

bool wants_colour(bool no_color_flag, const Environment& environment, bool is_terminal) {
    if (no_color_flag) {
        return false;
    }

    const std::string forced = value_of(environment, "FORCE_COLOR");
    if (!forced.empty() && forced != "0") {
        return true;
    }
    if (!value_of(environment, "NO_COLOR").empty()) {
        return false;
    }
    if (value_of(environment, "TERM") == "dumb") {
        return false;
    }
    return is_terminal;
}

bool wants_colour_on(int descriptor, bool no_color_flag, const Environment& environment) {
    return wants_colour(no_color_flag, environment, isatty(descriptor) == 1);
}

}  // namespace elasticbot::cli
