// Actions on what the file says: reread, update, add, remove.
#include "actions.hpp"
#include "faults.hpp"

#include <elasticbot/cli/ctl/format.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::cli::ctl {

namespace {

// Names of groups.
struct Changes {
    std::vector<std::string> added;
    std::vector<std::string> changed;
    std::vector<std::string> removed;
};

Outcome<Changes> reload_config(const Session& session) {
    const auto answer = session.server.call("reloadConfig");
    if (!answer) {
        return std::unexpected(answer.error());
    }
    // The three lists are the one element of the outer array.
    const auto* const outer = answer->as<xmlrpc::Array>();
    const auto* const lists =
        outer == nullptr || outer->empty() ? nullptr : outer->front().as<xmlrpc::Array>();
    if (lists == nullptr || lists->size() != 3) {
        return own_failure("cannot read the answer to reloadConfig: it is not three lists");
    }
    return Changes{
        .added = texts_in((*lists)[0]),
        .changed = texts_in((*lists)[1]),
        .removed = texts_in((*lists)[2])
    };
}

Outcome<> call(const Session& session, std::string_view method, const std::string& group) {
    const auto done = session.server.call(method, {group});
    return done ? Outcome<>() : std::unexpected(done.error());
}

// Tells the names that are neither there nor to come.
Outcome<> check_names(
    Session& session, const std::vector<std::string>& names, const Changes& changes
) {
    const auto infos = session.server.call("getAllProcessInfo");
    if (!infos) {
        return std::unexpected(infos.error());
    }
    std::vector<std::string> known = changes.added;
    if (const auto* const array = infos->as<xmlrpc::Array>()) {
        for (const xmlrpc::Value& info : *array) {
            known.push_back(text_in(info, "group"));
        }
    }
    for (const std::string& name : names) {
        if (std::ranges::find(known, name) == known.end()) {
            Session::print(fmt::format("ERROR: no such group: {}", name));
            session.exit_status = status::generic;
        }
    }
    return {};
}

Outcome<> remove_group(Session& session, const std::string& group) {
    const auto results = session.server.call("stopProcessGroup", {group});
    if (!results) {
        return std::unexpected(results.error());
    }
    Session::print(fmt::format("{}: stopped", group));
    const auto* const array = results->as<xmlrpc::Array>();
    const auto has_failed = [](const xmlrpc::Value& result) {
        return number_in(result, "status") == fault::failed;
    };
    if (array != nullptr && std::ranges::any_of(*array, has_failed)) {
        Session::print(fmt::format("{}: has problems; not removing", group));
        session.exit_status = status::generic;
        return {};
    }
    if (auto removed = call(session, "removeProcessGroup", group); !removed) {
        return removed;
    }
    Session::print(fmt::format("{}: removed process group", group));
    return {};
}

Outcome<> update_group(const Session& session, const std::string& group) {
    if (auto stopped = call(session, "stopProcessGroup", group); !stopped) {
        return stopped;
    }
    Session::print(fmt::format("{}: stopped", group));
    if (auto removed = call(session, "removeProcessGroup", group); !removed) {
        return removed;
    }
    if (auto added = call(session, "addProcessGroup", group); !added) {
        return added;
    }
    Session::print(fmt::format("{}: updated process group", group));
    return {};
}

Outcome<> add_group(const Session& session, const std::string& group) {
    if (auto added = call(session, "addProcessGroup", group); !added) {
        return added;
    }
    Session::print(fmt::format("{}: added process group", group));
    return {};
}

// Those that are wanted, each once.
std::vector<std::string> group_names(const std::string& argument) {
    std::vector<std::string> names;
    for (std::string& name : words_of(argument)) {
        if (name == "all") {
            return {};
        }
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

}  // namespace

Outcome<> do_reread(Session& session, const std::string& argument) {
    if (!argument.empty()) {
        refuse(session, "Error: reread accepts no arguments", "reread");
        return {};
    }
    const auto changes = reload_config(session);
    if (changes) {
        std::string lines = change_lines(changes->added, changes->changed, changes->removed);
        lines.pop_back();  // print() ends the last line.
        Session::print(lines);
        return {};
    }
    session.exit_status = status::generic;
    if (changes.error().is_fault(fault::shutdown_state)) {
        Session::print("ERROR: supervisor shutting down");
        return {};
    }
    if (changes.error().is_fault(fault::cant_reread)) {
        Session::print(fmt::format("ERROR: {}", changes.error().fault->text));
        return {};
    }
    return std::unexpected(changes.error());
}

Outcome<> do_update(Session& session, const std::string& argument) {
    const auto changes = reload_config(session);
    if (!changes && changes.error().is_fault(fault::shutdown_state)) {
        session.exit_status = status::generic;
        Session::print("ERROR: already shutting down");
        return {};
    }
    if (!changes) {
        return std::unexpected(changes.error());
    }
    const auto wanted = group_names(argument);
    if (!wanted.empty()) {
        if (auto checked = check_names(session, wanted, *changes); !checked) {
            return checked;
        }
    }
    const auto is_wanted = [&](const std::string& group) {
        return wanted.empty() || std::ranges::find(wanted, group) != wanted.end();
    };
    Outcome<> done;
    for (const std::string& group : changes->removed) {
        if (done && is_wanted(group)) {
            done = remove_group(session, group);
        }
    }
    for (const std::string& group : changes->changed) {
        if (done && is_wanted(group)) {
            done = update_group(session, group);
        }
    }
    for (const std::string& group : changes->added) {
        if (done && is_wanted(group)) {
            done = add_group(session, group);
        }
    }
    return done;
}

Outcome<> do_add(Session& session, const std::string& argument) {
    for (const std::string& name : words_of(argument)) {
        const auto added = call(session, "addProcessGroup", name);
        if (added) {
            Session::print(fmt::format("{}: added process group", name));
        } else if (added.error().is_fault(fault::already_added)) {
            Session::print("ERROR: process group already active");
        } else if (added.error().is_fault(fault::shutdown_state)) {
            Session::print("ERROR: shutting down");
            session.exit_status = status::generic;
        } else if (added.error().is_fault(fault::bad_name)) {
            Session::print(fmt::format("ERROR: no such process/group: {}", name));
            session.exit_status = status::generic;
        } else {
            return added;
        }
    }
    return {};
}

Outcome<> do_remove(Session& session, const std::string& argument) {
    for (const std::string& name : words_of(argument)) {
        const auto removed = call(session, "removeProcessGroup", name);
        if (removed) {
            Session::print(fmt::format("{}: removed process group", name));
            continue;
        }
        session.exit_status = status::generic;
        if (removed.error().is_fault(fault::still_running)) {
            Session::print(fmt::format("ERROR: process/group still running: {}", name));
        } else if (removed.error().is_fault(fault::bad_name)) {
            Session::print(fmt::format("ERROR: no such process/group: {}", name));
        } else {
            return removed;
        }
    }
    return {};
}

}  // namespace elasticbot::cli::ctl
