// ctl: supervisorctl's actions, against supervisord or against us.
#include "../command.hpp"
#include "../supervisord_file.hpp"

#include <elasticbot/cli/ctl/ctl.hpp>

namespace elasticbot::cli {

namespace {

// `program` is what messages call it.
void add(
    CLI::App& app,
    Invocation& invocation,
    const std::string& name,
    const std::string& program,
    const char* group
) {
    CLI::App* command = app.add_subcommand(
        name, "Control programs as supervisorctl does: ctl status, ctl restart NAME, ctl help"
    );
    command->group(group);
    // Its options are those of supervisorctl, not ours: every word behind it is its own.
    command->set_help_flag();
    command->fallthrough(false);
    command->prefix_command();
    command->callback([&invocation, command, program] {
        invocation.exit_code = ctl::run(
            {.program = program,
             .words = command->remaining(),
             .configuration = invocation.config_file,
             .default_files = default_supervisord_files(invocation.self),
             .surroundings = surroundings_of(invocation)}
        );
    });
}

}  // namespace

void add_ctl(CLI::App& app, Invocation& invocation) {
    add(app, invocation, "ctl", "elasticbot ctl", groups::control);
    // Called by that name, as a link. (old_names.cpp)
    add(app, invocation, "supervisorctl", "supervisorctl", groups::internal);
}

}  // namespace elasticbot::cli
