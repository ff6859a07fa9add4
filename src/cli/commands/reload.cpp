// reload: reads the configuration again and brings the running programs in line with it, as SIGHUP
// does.
#include "../ask_supervisor.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <array>
#include <iostream>

namespace elasticbot::cli {

namespace {

// What came of it below every finding: the line that counts is the last.
int complain_about_configuration(const Error& error) {
    const auto lines = text::split(error.message, '\n');
    for (std::size_t line = 1; line < lines.size(); ++line) {
        if (!lines[line].empty()) {
            std::cerr << lines[line] << "\n";
        }
    }
    complain(lines.front());
    return exit_code::configuration;
}

std::vector<std::string> texts(const Json& changes, std::string_view key) {
    std::vector<std::string> found;
    if (const auto list = changes.find(key); list != changes.end() && list->is_array()) {
        for (const Json& text : *list) {
            if (text.is_string()) {
                found.push_back(text.get<std::string>());
            }
        }
    }
    return found;
}

int reload(const Invocation& invocation) {
    const auto changes = ask_supervisor(invocation, {.method = "POST", .target = "/v1/reload"});
    if (!changes) {
        return changes.error().code == Errc::invalid ? complain_about_configuration(changes.error())
                                                     : complain_about_supervisor(changes.error());
    }
    if (invocation.json) {
        std::cout << json::dump(*changes) << "\n";
        return exit_code::ok;
    }
    const auto warnings = texts(*changes, "warnings");
    for (const std::string& warning : warnings) {
        std::cerr << "warning: " << warning << "\n";
    }
    bool is_any = false;
    for (const std::string_view what : std::array{"added", "removed", "restarted"}) {
        const auto programs = texts(*changes, what);
        if (programs.empty()) {
            continue;
        }
        is_any = true;
        if (!invocation.quiet) {
            std::cout << fmt::format("{}: {}\n", what, fmt::join(programs, ", "));
        }
    }
    if (!is_any && warnings.empty() && !invocation.quiet) {
        std::cout << "nothing has changed\n";
    }
    if (is_any) {
        hint(invocation, "See how they come up: elasticbot status");
    }
    return exit_code::ok;
}

}  // namespace

void add_reload(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "reload", "Read the configuration again: start, stop and restart what has changed"
    );
    command->group(groups::control);
    command->footer(
        "A configuration with errors changes nothing; they are printed, and the exit code is 78.\n"
        "Programs that are unchanged go on with their processes. SIGHUP does the same.\n"
        "Example:\n"
        "  elasticbot config check && elasticbot reload"
    );
    command->callback([&invocation] { invocation.exit_code = reload(invocation); });
}

}  // namespace elasticbot::cli
