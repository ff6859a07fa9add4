// Actions on processes: start, stop, restart, signal, clear.
//
// They take names of processes, of whole groups ("g:*") and "all", ask one method for each, and
// print a line for each process.
#include "actions.hpp"
#include "faults.hpp"

#include <elasticbot/cli/ctl/format.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::cli::ctl {

namespace {

constexpr std::int64_t no_fault = 0;

// What the three methods of an action are called, and how their answers are told.
struct Verb {
    std::string_view one;
    std::string_view group;  // "": the action knows no groups.
    std::string_view all;
    std::string_view success;  // "started"
    std::int64_t ignored = no_fault;
    int status_of_unknown_group = status::generic;
    // The line for a process, by its name, the fault (or 80) and the fault's text.
    Line (*line)(std::string_view name, std::int64_t code, std::string_view fault);
};

constexpr Verb start_verb = {
    .one = "startProcess",
    .group = "startProcessGroup",
    .all = "startAllProcesses",
    .success = "started",
    .ignored = fault::already_started,
    .status_of_unknown_group = status::invalid_arguments,
    .line = [](std::string_view name,
               std::int64_t code,
               std::string_view /*fault*/) { return start_line(name, code); }
};

constexpr Verb stop_verb = {
    .one = "stopProcess",
    .group = "stopProcessGroup",
    .all = "stopAllProcesses",
    .success = "stopped",
    .ignored = fault::not_running,
    .line = [](std::string_view name, std::int64_t code, std::string_view fault
            ) { return signal_line(name, code, fault, "stopped"); }
};

constexpr Verb signal_verb = {
    .one = "signalProcess",
    .group = "signalProcessGroup",
    .all = "signalAllProcesses",
    .success = "signalled",
    .line = [](std::string_view name, std::int64_t code, std::string_view fault
            ) { return signal_line(name, code, fault, "signalled"); }
};

constexpr Verb clear_verb = {
    .one = "clearProcessLogs",
    .group = "",
    .all = "clearAllProcessLogs",
    .success = "cleared",
    .line = [](std::string_view name,
               std::int64_t code,
               std::string_view /*fault*/) { return clear_line(name, code); }
};

Outcome<> tell(
    Session& session,
    const Verb& verb,
    const std::string& name,
    std::int64_t code,
    const std::string& fault
) {
    const Line line = verb.line(name, code, fault);
    if (!line) {
        return python_failure(
            "ValueError", fmt::format("Unknown result code {} for {}", code, name)
        );
    }
    Session::print(*line);
    if (const auto exit_status = status_of_fault(code, verb.ignored)) {
        session.exit_status = *exit_status;
    }
    return {};
}

// One line for each of the status structs that a method for several processes answers.
Outcome<> tell_all(Session& session, const Verb& verb, const xmlrpc::Value& results) {
    const auto* const array = results.as<xmlrpc::Array>();
    for (const xmlrpc::Value& result : array == nullptr ? xmlrpc::Array() : *array) {
        auto told = tell(
            session,
            verb,
            make_namespec(text_in(result, "group"), text_in(result, "name")),
            number_in(result, "status"),
            text_in(result, "description")
        );
        if (!told) {
            return told;
        }
    }
    return {};
}

Outcome<> apply_to_group(
    Session& session, const Verb& verb, const std::string& group, const xmlrpc::Array& more
) {
    xmlrpc::Array params = {group};
    params.insert(params.end(), more.begin(), more.end());
    const auto results = session.server.call(verb.group, std::move(params));
    if (results) {
        return tell_all(session, verb, *results);
    }
    if (!results.error().is_fault(fault::bad_name)) {
        return std::unexpected(results.error());
    }
    Session::print(fmt::format("{}: ERROR (no such group)", group));
    session.exit_status = verb.status_of_unknown_group;
    return {};
}

Outcome<> apply_to_one(
    Session& session, const Verb& verb, const std::string& name, const xmlrpc::Array& more
) {
    const Namespec wanted = split_namespec(name);
    if (!wanted.process && !verb.group.empty()) {
        return apply_to_group(session, verb, wanted.group, more);
    }
    xmlrpc::Array params = {name};
    params.insert(params.end(), more.begin(), more.end());
    const auto done = session.server.call(verb.one, std::move(params));
    // As Python prints the process that a name of a group lacks.
    const std::string shown = make_namespec(wanted.group, wanted.process.value_or("None"));
    if (done) {
        return tell(session, verb, shown, fault::success, "");
    }
    if (!done.error().fault) {
        return std::unexpected(done.error());
    }
    return tell(session, verb, shown, done.error().fault->code, done.error().fault->text);
}

// `more` are the parameters behind the name.
Outcome<> apply(
    Session& session,
    const Verb& verb,
    const std::vector<std::string>& names,
    const xmlrpc::Array& more = {}
) {
    if (std::ranges::find(names, "all") != names.end()) {
        const auto results = session.server.call(verb.all, more);
        return results ? tell_all(session, verb, *results) : std::unexpected(results.error());
    }
    for (const std::string& name : names) {
        if (auto done = apply_to_one(session, verb, name, more); !done) {
            return done;
        }
    }
    return {};
}

// The part that start, stop and clear share.
Outcome<> apply_to_names(
    Session& session,
    const Verb& verb,
    std::string_view action,
    const std::string& argument,
    int status_without_names
) {
    const auto names = words_of(argument);
    if (names.empty()) {
        refuse(session, fmt::format("Error: {} requires a process name", action), action);
        session.exit_status = status_without_names;
        return {};
    }
    return apply(session, verb, names);
}

}  // namespace

Outcome<> do_start(Session& session, const std::string& argument) {
    return apply_to_names(session, start_verb, "start", argument, status::invalid_arguments);
}

Outcome<> do_stop(Session& session, const std::string& argument) {
    return apply_to_names(session, stop_verb, "stop", argument, status::generic);
}

Outcome<> do_clear(Session& session, const std::string& argument) {
    return apply_to_names(session, clear_verb, "clear", argument, status::generic);
}

Outcome<> do_restart(Session& session, const std::string& argument) {
    if (argument.empty()) {
        refuse(session, "Error: restart requires a process name", "restart");
        return {};
    }
    if (auto stopped = do_stop(session, argument); !stopped) {
        return stopped;
    }
    return do_start(session, argument);
}

Outcome<> do_signal(Session& session, const std::string& argument) {
    auto names = words_of(argument);
    if (names.size() < 2) {
        refuse(session, "Error: signal requires a signal name and a process name", "signal");
        return {};
    }
    const std::string signal = names.front();
    names.erase(names.begin());
    return apply(session, signal_verb, names, {signal});
}

}  // namespace elasticbot::cli::ctl
