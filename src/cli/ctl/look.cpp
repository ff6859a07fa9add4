// Actions that look: status, pid, version, avail.
#include "actions.hpp"
#include "faults.hpp"

#include <elasticbot/cli/ctl/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace elasticbot::cli::ctl {

namespace {

xmlrpc::Array array_of(xmlrpc::Value value) {
    auto* const array = std::get_if<xmlrpc::Array>(&value.data);
    return array == nullptr ? xmlrpc::Array() : std::move(*array);
}

// Those of `all` that the name means; a name that means none is told.
void add_matching(
    Session& session, const std::string& name, const xmlrpc::Array& all, xmlrpc::Array& matching
) {
    const Namespec wanted = split_namespec(name);
    const std::size_t before = matching.size();
    for (const xmlrpc::Value& info : all) {
        if (text_in(info, "group") == wanted.group &&
            (!wanted.process || text_in(info, "name") == *wanted.process)) {
            matching.push_back(info);
        }
    }
    if (matching.size() == before) {
        Session::print(
            wanted.process ? fmt::format("{}: ERROR (no such process)", name)
                           : fmt::format("{}: ERROR (no such group)", wanted.group)
        );
        session.exit_status = status::unknown;
    }
}

}  // namespace

Outcome<> do_status(Session& session, const std::string& argument) {
    const auto is_up = session.is_up();
    if (!is_up) {
        return std::unexpected(is_up.error());
    }
    if (!*is_up) {
        session.exit_status = status::unknown;
        return {};
    }
    auto answer = session.server.call("getAllProcessInfo");
    if (!answer) {
        return std::unexpected(answer.error());
    }
    const xmlrpc::Array all = array_of(*std::move(answer));
    const auto names = words_of(argument);
    xmlrpc::Array matching;
    if (names.empty() || std::ranges::find(names, "all") != names.end()) {
        matching = all;
    } else {
        for (const std::string& name : names) {
            add_matching(session, name, all, matching);
        }
    }
    std::cout << status_lines(matching) << std::flush;
    const auto is_stopped = [](const xmlrpc::Value& info) {
        return process_state::is_stopped(number_in(info, "state"));
    };
    if (std::ranges::any_of(matching, is_stopped)) {
        session.exit_status = status::programs_not_running;
    }
    return {};
}

Outcome<> do_pid(Session& session, const std::string& argument) {
    const auto names = words_of(argument);
    if (names.empty()) {
        const auto pid = session.server.call("getPID");
        if (!pid) {
            return std::unexpected(pid.error());
        }
        const auto* const number = pid->as<std::int64_t>();
        Session::print(fmt::format("{}", number == nullptr ? 0 : *number));
        return {};
    }
    if (std::ranges::find(names, "all") != names.end()) {
        auto infos = session.server.call("getAllProcessInfo");
        if (!infos) {
            return std::unexpected(infos.error());
        }
        for (const xmlrpc::Value& info : array_of(*std::move(infos))) {
            Session::print(fmt::format("{}", number_in(info, "pid")));
        }
        return {};
    }
    for (const std::string& name : names) {
        const auto info = session.server.call("getProcessInfo", {name});
        if (info) {
            const std::int64_t pid = number_in(*info, "pid");
            Session::print(fmt::format("{}", pid));
            if (pid == 0) {
                session.exit_status = status::not_running;
            }
        } else if (info.error().is_fault(fault::bad_name)) {
            session.exit_status = status::generic;
            Session::print(fmt::format("No such process {}", name));
        } else {
            return std::unexpected(info.error());
        }
    }
    return {};
}

Outcome<> do_version(Session& session, const std::string& argument) {
    if (!argument.empty()) {
        refuse(session, "Error: version accepts no arguments", "version");
        return {};
    }
    const auto is_up = session.is_up();
    if (!is_up || !*is_up) {
        return is_up ? Outcome<>() : std::unexpected(is_up.error());
    }
    const auto version = session.server.call("getSupervisorVersion");
    if (!version) {
        return std::unexpected(version.error());
    }
    Session::print(version->text() == nullptr ? "" : *version->text());
    return {};
}

Outcome<> do_avail(Session& session, const std::string& argument) {
    if (!argument.empty()) {
        refuse(session, "Error: avail accepts no arguments", "avail");
        return {};
    }
    auto configs = session.server.call("getAllConfigInfo");
    if (!configs && configs.error().is_fault(fault::shutdown_state)) {
        session.exit_status = status::generic;
        Session::print("ERROR: supervisor shutting down");
        return {};
    }
    if (!configs) {
        return std::unexpected(configs.error());
    }
    for (const xmlrpc::Value& config : array_of(*std::move(configs))) {
        Session::print(avail_line(config));
    }
    return {};
}

}  // namespace elasticbot::cli::ctl
