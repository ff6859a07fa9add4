// How a command is added: one file per command in commands/, one line in commands.cpp.
//
//     // commands/version.cpp: prints the version.
//     void add_version(CLI::App& app, Invocation& invocation) {
//         CLI::App* command = app.add_subcommand("version", "Print the version");
//         command->group(groups::control);
//         command->callback([&invocation] { invocation.exit_code = print_version(invocation); });
//     }
//
// Options of the command alone live in a struct that the callback keeps: `auto options =
// std::make_shared<Options>()` (two owners: the parser, which writes to it, and the callback).
// Messages go to standard error by complain(), data to standard output.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/cli/terminal.hpp>

#include <CLI/CLI.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli {

namespace groups {

// Headings of `elasticbot --help`, in this order.
inline constexpr const char* run = "Run";
inline constexpr const char* control = "Look and control";
inline constexpr const char* data = "Data and tasks";
inline constexpr const char* configuration = "Configuration";
inline constexpr const char* internal = "";  // Not shown: what our own processes call.

}  // namespace groups

// Exit codes. (deploy.md D-EXIT)
namespace exit_code {

inline constexpr int ok = 0;
inline constexpr int error = 1;
inline constexpr int usage = 2;
inline constexpr int unavailable = 69;
inline constexpr int not_permitted = 77;
inline constexpr int configuration = 78;

}  // namespace exit_code

// One call of the program: where it stands, what was given, and what it answers.
struct Invocation {
    std::string self;                // Path of this executable, for starting it again.
    std::vector<std::string> words;  // Arguments as parsed, without argv[0].
    Environment environment;         // The process's environment; read it nowhere else.

    // Global options; they may stand before or behind the command.
    std::string config_file;  // --config, -c; empty: not given
    std::string socket;       // --socket; empty: not given
    bool no_color = false;
    bool json = false;   // --json: data as JSON, where a command shows data
    int verbose = 0;     // -v, -vv
    bool quiet = false;  // -q

    // Options of old start commands, by the variable that means the same; they count as given by
    // flag.
    std::map<std::string, std::string> settings;

    int exit_code = exit_code::ok;  // Set by the command's callback.

    bool colour_on(int descriptor) const {
        return wants_colour_on(descriptor, no_color, environment);
    }
};

// "elasticbot: cannot …" on standard error.
void complain(std::string_view message);
// The same for an error; returns `code`, for `invocation.exit_code = fail(error)`.
int fail(const Error& error, int code = exit_code::error);

// Adds every command, in the order in which help shows them. (commands.cpp)
void add_commands(CLI::App& app, Invocation& invocation);

// Parses invocation.words, runs the command and returns the exit code. (run.cpp)
int run(std::string_view program, Invocation& invocation);

}  // namespace elasticbot::cli
