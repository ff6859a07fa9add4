// The list of commands. A command is a file in commands/, its declaration, and its line in the
// list.
#include "command.hpp"

#include <initializer_list>

namespace elasticbot::cli {

// Run

// Look and control

// Data and tasks

// Configuration
void add_config(CLI::App& app, Invocation& invocation);

void add_commands(CLI::App& app, Invocation& invocation) {
    using Add = void (*)(CLI::App&, Invocation&);
    const std::initializer_list<Add> commands = {
        // Run

        // Look and control

        // Data and tasks

        // Configuration
        add_config,
    };
    for (const Add add : commands) {
        add(app, invocation);
    }
}

}  // namespace elasticbot::cli
