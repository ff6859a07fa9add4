// Parses a command line and runs its command: names, help, usage errors.
#include "command.hpp"

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/cli/arguments.hpp>
#include <elasticbot/cli/old_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

constexpr const char* description =
    "Runs the ElasticBot backend (web, worker, beat) or any other programs in one container.";

constexpr const char* footer =
    "Examples:\n"
    "  elasticbot up                     run everything; Ctrl-C stops it\n"
    "  elasticbot status                 what runs, since when, how often restarted\n"
    "  elasticbot logs -f worker         follow one program\n"
    "\"elasticbot COMMAND --help\" explains a command. Exit codes: docs/operating.md";

CommandName names_of(const CLI::App& app) {
    CommandName name{app.get_name(), {}};
    for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
        name.children.push_back(names_of(*child));
    }
    return name;
}

void add_global_options(CLI::App& app, Invocation& invocation) {
    app.add_option(
           "-c,--config", invocation.config_file, "Configuration file (default: ./elasticbot.toml)"
    )
        ->type_name("FILE");
    app.add_option("--socket", invocation.socket, "Control socket of the running supervisor")
        ->type_name("PATH");
    app.add_flag("--json", invocation.json, "Print data as JSON");
    app.add_flag(
        "--no-color", invocation.no_color, "No colours (NO_COLOR and TERM=dumb do the same)"
    );
    app.add_flag("-v,--verbose", invocation.verbose, "Say more");
    app.add_flag("-q,--quiet", invocation.quiet, "Say only what went wrong");
    app.set_version_flag("--version", "elasticbot " ELASTICBOT_VERSION, "Print the version");
}

// The command that the words went to.
const CLI::App& selected(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : selected(*chosen.front());
}

std::string path_of(const CLI::App& command) {
    const CLI::App* parent = command.get_parent();
    return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

// "--folow" → "--follow", or "".
std::string nearest_option(const CLI::App& command, std::string_view given) {
    std::vector<std::string> names;
    for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    return nearest_name(given.substr(0, given.find('=')), views);
}

int report_usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App& command = selected(app);
    const std::string path = path_of(command);
    // CLI11 keeps what it did not expect in no place that outlives the error but its message.
    constexpr std::string_view extras = "not expected: ";
    const std::string_view message = error.what();
    const std::size_t position = message.find(extras);
    if (position != std::string_view::npos) {
        const std::string_view unexpected = message.substr(position + extras.size());
        const std::string_view first = unexpected.substr(0, unexpected.find(' '));
        const std::string nearest = nearest_option(command, first);
        complain(fmt::format(
            "cannot use \"{}\" with \"{}\"{}",
            first,
            path,
            nearest.empty() ? std::string() : fmt::format(" (did you mean \"{}\"?)", nearest)
        ));
    } else {
        complain(fmt::format("cannot run \"{}\": {}", path, error.what()));
    }
    std::cerr << "Try \"" << path << " --help\".\n";
    return exit_code::usage;
}

}  // namespace

void complain(std::string_view message) {
    std::cerr << "elasticbot: " << message << "\n";
}

int fail(const Error& error, int code) {
    complain(error.message);
    return code;
}

int run(std::string_view program, Invocation& invocation) {
    // Lives as long as the process: taking a hundred options apart would only delay its end.
    static CLI::App& app = *new CLI::App(description, "elasticbot");
    app.footer(footer);
    app.fallthrough();  // Global options may stand behind the command.
    app.require_subcommand(0, 1);
    add_global_options(app, invocation);
    add_commands(app, invocation);

    if (auto old = translate_old_command(program, invocation.words)) {
        if (!*old) {
            return fail(old->error(), exit_code::usage);
        }
        invocation.words = (*old)->words;
        invocation.settings = (*old)->settings;
    }
    auto words = normalise(invocation.words, names_of(app));
    if (!words) {
        return fail(words.error(), exit_code::usage);
    }
    invocation.words = *words;
    if (invocation.words.empty()) {
        std::cout << app.help();
        return exit_code::ok;
    }

    try {
        std::vector<std::string> reversed(words->rbegin(), words->rend());  // As CLI11 wants them.
        app.parse(std::move(reversed));
    } catch (const CLI::Success& request) {  // --help, --version
        return app.exit(request);
    } catch (const CLI::ParseError& error) {
        return report_usage_error(app, error);
    }
    if (app.get_subcommands().empty()) {  // Only global options were given.
        std::cout << app.help();
    }
    return invocation.exit_code;
}

}  // namespace elasticbot::cli
