// Actions on logs: tail, maintail, and fg, which adds a keyboard.
#include "actions.hpp"
#include "faults.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/cli/ctl/format.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <fmt/format.h>

#include <memory>

namespace elasticbot::cli::ctl {

namespace {

constexpr std::int64_t bytes_by_default = 1600;

// "-f", "-100", and what they stand in front of.
struct Wanted {
    std::string name;
    std::string channel = "stdout";
    bool follows = false;
    std::int64_t bytes = bytes_by_default;
};

// False when it is neither.
bool read_modifier(std::string_view modifier, Wanted& wanted) {
    const std::string_view what = modifier.substr(1);
    if (what == "f") {
        wanted.follows = true;
        return true;
    }
    const auto bytes = supervisord::parse_integer(what);
    wanted.bytes = bytes.value_or(0);
    return bytes.has_value();
}

void complain(Session& session, std::string_view message) {
    Session::print(message);
    session.exit_status = status::generic;
}

// Nothing when the words make no sense, which has been told.
std::optional<Wanted> read_words(Session& session, std::vector<std::string> words) {
    if (words.empty() || words.size() > 3) {
        refuse(
            session,
            words.empty() ? "Error: too few arguments" : "Error: too many arguments",
            "tail"
        );
        return std::nullopt;
    }
    std::optional<std::string> modifier;
    if (words.front().starts_with('-')) {
        modifier = words.front();
        words.erase(words.begin());
    }
    if (words.empty()) {
        complain(session, "Error: tail requires process name");
        return std::nullopt;
    }
    Wanted wanted{.name = words.front()};
    if (words.size() > 1) {
        wanted.channel = text::lower(words.back());
        if (wanted.channel != "stdout" && wanted.channel != "stderr") {
            complain(
                session,
                fmt::format("Error: bad channel {}", supervisord::python::repr(wanted.channel))
            );
            return std::nullopt;
        }
    }
    if (modifier && !read_modifier(*modifier, wanted)) {
        complain(session, fmt::format("Error: bad argument {}", *modifier));
        return std::nullopt;
    }
    return wanted;
}

// Until the server ends it, or Ctrl-C.
Outcome<> follow(Session& session, const std::string& path) {
    Session::print("==> Press Ctrl-C to exit <==");
    const auto own = session.interrupts == nullptr ? std::make_unique<Interrupts>() : nullptr;
    Interrupts* const interrupts = own ? own.get() : session.interrupts;
    Follower follower = session.server.follow(path);
    while (follower.descriptor()) {
        if (!wait_readable({&follower.descriptor()}, interrupts)) {
            Session::print("");
            return {};
        }
        follower.read();
    }
    return {};
}

// Prints a log that was asked for, or why there is none.
Outcome<> show(
    Session& session, const Outcome<xmlrpc::Value>& log, std::string_view name, bool is_of_a_process
) {
    if (log) {
        Session::print(log->text() == nullptr ? "" : *log->text());
        return {};
    }
    const Failure& failure = log.error();
    std::string_view reason;
    if (failure.is_fault(fault::no_file)) {
        reason = "no log file";
    } else if (failure.is_fault(fault::failed)) {
        reason = "unknown error reading log";
    } else if (is_of_a_process && failure.is_fault(fault::bad_name)) {
        reason = "no such process name";
    } else {
        return std::unexpected(failure);
    }
    complain(session, fmt::format("{}: ERROR ({})", name, reason));
    return {};
}

// Whether the process still runs, or what was printed in its place.
Outcome<bool> send_line(Session& session, const std::string& name, const std::string& line) {
    const auto sent = session.server.call("sendProcessStdin", {name, line + "\n"});
    if (!sent && !sent.error().fault) {
        return std::unexpected(sent.error());
    }
    if (!sent) {
        Session::print(
            sent.error().is_fault(fault::not_running) ? "Process got killed"
                                                      : fmt::format("ERROR: {}", sent.error().text)
        );
        return false;
    }
    const auto info = session.server.call("getProcessInfo", {name});
    if (!info) {
        return std::unexpected(info.error());
    }
    if (number_in(*info, "state") != process_state::running) {
        Session::print("Process got killed");
        return false;
    }
    return true;
}

// Shows both logs and passes lines on, until one of the three ends it.
Outcome<> stay_in_front(Session& session, const std::string& name) {
    const auto own = session.interrupts == nullptr ? std::make_unique<Interrupts>() : nullptr;
    Interrupts* const interrupts = own ? own.get() : session.interrupts;
    Follower output = session.server.follow(fmt::format("/logtail/{}/stdout", name));
    Follower errors = session.server.follow(fmt::format("/logtail/{}/stderr", name));
    bool has_ended = false;
    while (!has_ended || session.lines.has_line()) {
        if (session.lines.has_line()) {
            const auto is_running = send_line(session, name, session.lines.take());
            if (!is_running) {
                return std::unexpected(is_running.error());
            }
            if (!*is_running) {
                break;
            }
            continue;
        }
        const auto ready = wait_readable(
            {&output.descriptor(), &errors.descriptor(), &session.lines.descriptor()}, interrupts
        );
        if (!ready) {
            break;
        }
        if (*ready == 0) {
            output.read();
        } else if (*ready == 1) {
            errors.read();
        } else {
            has_ended = !session.lines.read();
        }
    }
    Session::print("Exiting foreground");
    return {};
}

}  // namespace

Outcome<> do_tail(Session& session, const std::string& argument) {
    const auto wanted = read_words(session, words_of(argument));
    if (!wanted) {
        return {};
    }
    if (wanted->follows) {
        return follow(session, fmt::format("/logtail/{}/{}", wanted->name, wanted->channel));
    }
    const std::string_view method =
        wanted->channel == "stdout" ? "readProcessStdoutLog" : "readProcessStderrLog";
    const auto log = session.server.call(method, {wanted->name, -wanted->bytes, 0});
    return show(session, log, wanted->name, true);
}

Outcome<> do_maintail(Session& session, const std::string& argument) {
    const auto words = words_of(argument);
    if (words.size() > 1) {
        refuse(session, "Error: too many arguments", "maintail");
        return {};
    }
    Wanted wanted{.name = "supervisord"};
    if (!words.empty() &&
        (!words.front().starts_with('-') || !read_modifier(words.front(), wanted))) {
        complain(session, fmt::format("Error: bad argument {}", words.front()));
        return {};
    }
    if (wanted.follows) {
        return follow(session, "/mainlogtail");
    }
    return show(session, session.server.call("readLog", {-wanted.bytes, 0}), wanted.name, false);
}

Outcome<> do_fg(Session& session, const std::string& argument) {
    const auto names = words_of(argument);
    if (names.empty()) {
        refuse(session, "ERROR: no process name supplied", "fg");
        return {};
    }
    if (names.size() > 1) {
        complain(session, "ERROR: too many process names supplied");
        return {};
    }
    const auto info = session.server.call("getProcessInfo", {names.front()});
    if (!info && info.error().is_fault(fault::bad_name)) {
        complain(session, "ERROR: bad process name supplied");
        return {};
    }
    if (!info && info.error().fault) {
        Session::print(fmt::format("ERROR: {}", info.error().text));
        return {};
    }
    if (!info) {
        return std::unexpected(info.error());
    }
    if (number_in(*info, "state") != process_state::running) {
        complain(session, "ERROR: process not running");
        return {};
    }
    Session::print("==> Press Ctrl-C to exit <==");
    return stay_in_front(session, names.front());
}

}  // namespace elasticbot::cli::ctl
