// Splits a command line into words, as a shell does, without expanding anything.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::config {

// Blanks separate; '…' is literal, "…" and bare text know the backslash. What would need a shell
// (pipes, redirection, variables, globs) is an error that says so: programs are started without
// one.
std::expected<std::vector<std::string>, std::string> shell_words(std::string_view line);

}  // namespace elasticbot::config
