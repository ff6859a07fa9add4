// `elasticbot ctl`: what supervisorctl does, against supervisord or against us.
// (supervisord-compat.md 13)
#pragma once

#include <elasticbot/supervisord/file/surroundings.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli::ctl {

struct Invocation {
    std::string program;                     // How it was called, for messages: "elasticbot ctl".
    std::vector<std::string> words;          // Arguments.
    std::string configuration;               // For want of an option -c; "": none.
    std::vector<std::string> default_files;  // Tried where none is named.
    supervisord::Surroundings surroundings;
};

// Returns the exit status. Reads standard input where there is no action.
int run(const Invocation& invocation);

}  // namespace elasticbot::cli::ctl
