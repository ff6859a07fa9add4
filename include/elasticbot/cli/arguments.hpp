// The words of a command line before options are looked at: which command is meant, by whatever
// spelling.
#pragma once

#include <elasticbot/base/result.hpp>

#include <string>
#include <vector>

namespace elasticbot::cli {

// A command and those below it. The root stands for the program itself.
struct CommandName {
    std::string name;
    std::vector<CommandName> children;
};

// The words with every command in its own spelling: a first word equal to the program's name is
// dropped (a host may put our entry point in front of a command that names it), so is the alias
// "manage"; underscores and dashes are the same; "help X" becomes "X --help". An unknown command is
// an error with the nearest name. Options stay as they are.
Result<std::vector<std::string>> normalise(std::vector<std::string> words, const CommandName& root);

}  // namespace elasticbot::cli
