#include "session.hpp"

#include "actions.hpp"
#include "faults.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iostream>

namespace elasticbot::cli::ctl {

namespace {

constexpr std::string_view api_version = "3.0";

bool is_name_character(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
}

}  // namespace

void Session::print(std::string_view line) {
    std::cout << line << '\n' << std::flush;
}

Outcome<> Session::run(std::string_view line) {
    std::string text(supervisord::python::strip(line));
    if (text.empty()) {
        return {};
    }
    if (text.starts_with('?')) {
        text = "help " + text.substr(1);
    }
    const auto end = std::ranges::find_if_not(text, is_name_character);
    const std::string name(text.begin(), end);
    const std::string argument(supervisord::python::strip({end, text.end()}));
    if (name != "help" && name != "EOF" && find_action(name) == nullptr) {
        print(fmt::format("*** Unknown syntax: {}", text));
        exit_status = status::generic;
        return {};
    }
    const auto done = run_action(name, argument);
    if (done) {
        return {};
    }
    if (done.error().is_interrupted) {
        return done;
    }
    print(done.error().line());
    exit_status = status::generic;
    return {};
}

Outcome<> Session::run_action(std::string_view name, const std::string& argument) {
    if (name == "help") {
        return do_help(*this, argument);
    }
    if (name == "EOF") {
        return do_quit(*this, argument);
    }
    const Action& action = *find_action(name);
    Outcome<bool> is_ready = true;
    if (action.needs_server) {
        is_ready = is_up();
    }
    auto done = !is_ready   ? std::unexpected(is_ready.error())
                : *is_ready ? action.run(*this, argument)
                            : Outcome<>();
    if (!done && done.error().http_status == 401) {
        print("Server requires authentication");
        if (is_interactive) {
            return log_in_and_run(name, argument);
        }
        // The reference goes on, and tells the failure itself as well.
    }
    return done;
}

Outcome<> Session::log_in_and_run(std::string_view name, const std::string& argument) {
    auto username = lines.ask("Username:", interrupts);
    if (!username) {
        return std::unexpected(username.error());
    }
    auto password = lines.ask_secretly("Password:", interrupts);
    if (!password) {
        return std::unexpected(password.error());
    }
    print("");
    server.set_credentials(*std::move(username), Secret(*std::move(password)));
    return run_action(name, argument);
}

Outcome<bool> Session::is_up() {
    const auto version = server.call("getVersion");
    if (version) {
        const std::string text = version->text() == nullptr ? "" : *version->text();
        if (text == api_version) {
            return true;
        }
        print(fmt::format(
            "Sorry, this version of supervisorctl expects to talk to a server with API version "
            "{}, but the remote version is {}.",
            api_version,
            text
        ));
        exit_status = status::not_installed;
        return false;
    }
    const Failure& failure = version.error();
    if (failure.is_fault(fault::unknown_method)) {
        print(
            "Sorry, supervisord responded but did not recognize the supervisor namespace commands "
            "that supervisorctl uses to control it.  Please check that the "
            "[rpcinterface:supervisor] section is enabled in the configuration file (see "
            "sample.conf)."
        );
        exit_status = status::unimplemented;
        return false;
    }
    if (failure.error_number == ECONNREFUSED) {
        print(fmt::format("{} refused connection", server.url()));
        exit_status = status::insufficient_privileges;
        return false;
    }
    if (failure.error_number == ENOENT) {
        print(fmt::format("{} no such file", server.url()));
        exit_status = status::not_running;
        return false;
    }
    return std::unexpected(failure);
}

void refuse(Session& session, std::string_view message, std::string_view action) {
    Session::print(message);
    session.exit_status = status::generic;
    Session::print(find_action(action)->help);
}

std::vector<std::string> words_of(std::string_view text) {
    return supervisord::python::split(text);
}

}  // namespace elasticbot::cli::ctl
