#include "faults.hpp"
#include "session.hpp"

#include <elasticbot/cli/ctl/ctl.hpp>
#include <elasticbot/cli/ctl/options.hpp>
#include <elasticbot/supervisord/file/client.hpp>

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace elasticbot::cli::ctl {

namespace {

constexpr int usage_status = 2;

int complain(const Invocation& invocation, std::string_view message) {
    std::cerr << fmt::format("Error: {}\nFor help, use {} -h\n", message, invocation.program);
    return usage_status;
}

// The section of the file that was named or found; the defaults where there is none.
std::expected<supervisord::Supervisorctl, std::string> read_section(
    const Invocation& invocation, const Options& options
) {
    const auto& around = invocation.surroundings;
    const std::string named = options.configuration.value_or(std::string(invocation.configuration));
    if (!named.empty()) {
        const auto text = around.read_file(named);
        if (!text) {
            const bool is_absent = text.error().code == Errc::not_found;
            return std::unexpected(
                fmt::format("could not {} config file {}", is_absent ? "find" : "read", named)
            );
        }
        return supervisord::read_client_section(*text, named, around);
    }
    for (const std::string& path : invocation.default_files) {
        const auto text = around.read_file(path);
        if (text) {
            return supervisord::read_client_section(*text, path, around);
        }
        if (text.error().code != Errc::not_found) {
            return std::unexpected(fmt::format("could not read config file {}", path));
        }
    }
    return supervisord::Supervisorctl{};
}

// Lines until the end of the input, `quit` or Ctrl-C; the state of all programs first.
void talk(Session& session, const std::string& prompt) {
    Interrupts interrupts;
    session.interrupts = &interrupts;
    session.server.set_interrupts(&interrupts);
    auto done = session.run("status");
    while (done && !session.is_over) {
        const auto line = session.lines.ask(prompt, &interrupts);
        if (!line && line.error().is_interrupted) {
            done = std::unexpected(line.error());
        } else {
            done = session.run(line.value_or("EOF"));
        }
    }
    if (!done) {
        Session::print("");
    }
}

}  // namespace

int run(const Invocation& invocation) {
    const auto options = parse_options(invocation.words);
    if (!options) {
        return complain(invocation, options.error());
    }
    if (options->wants_help) {
        std::cout << usage(invocation.program);
        return 0;
    }
    auto section = read_section(invocation, *options);
    if (!section) {
        return complain(invocation, section.error());
    }

    Session session{
        .server = Server(
            options->server_url.value_or(section->server_url),
            options->username.value_or(section->username),
            options->password ? Secret(*options->password) : section->password
        ),
        .lines = {},
        .is_interactive = options->is_interactive || options->action.empty()
    };
    if (options->action.empty()) {
        talk(session, section->prompt + "> ");
        return 0;  // Whatever the actions did.
    }
    const auto done = session.run(fmt::format("{}", fmt::join(options->action, " ")));
    return done ? session.exit_status : status::generic;
}

}  // namespace elasticbot::cli::ctl
