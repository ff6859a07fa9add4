// A conversation with one server: the actions, what they share, and their list.
#pragma once

#include "failure.hpp"
#include "lines.hpp"
#include "server.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli::ctl {

struct Session {
    Server server;
    Lines lines;
    Interrupts* interrupts = nullptr;
    bool is_interactive = false;  // Somebody may be asked.
    int exit_status = 0;          // Of the last action that set one.
    bool is_over = false;

    // A line on standard output, seen at once: actions can take long.
    static void print(std::string_view line);

    // Runs "stop a b". A failure is printed; the one that comes back is an interrupt.
    Outcome<> run(std::string_view line);

    // Whether the server is there and speaks our version; what is wrong has been printed.
    Outcome<bool> is_up();

private:
    Outcome<> run_action(std::string_view name, const std::string& argument);
    Outcome<> log_in_and_run(std::string_view name, const std::string& argument);
};

// `argument` is the rest of the line, trimmed.
using Run = Outcome<> (*)(Session& session, const std::string& argument);

struct Action {
    std::string_view name;
    Run run;
    std::string_view help;
    bool needs_server = false;  // Looks whether it is there before anything else.
};

std::span<const Action> actions();

// nullptr when there is none.
const Action* find_action(std::string_view name);

// "Error: …" followed by the help of the action.
void refuse(Session& session, std::string_view message, std::string_view action);

// As Python splits: at white space.
std::vector<std::string> words_of(std::string_view text);

}  // namespace elasticbot::cli::ctl
