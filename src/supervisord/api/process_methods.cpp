#include "method_functions.hpp"
#include "method_values.hpp"
#include "process_info.hpp"

#include <elasticbot/base/time.hpp>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisord::methods {

namespace {

using Each = Commands::Task<std::vector<Status>> (Commands::*)(Selection, bool);
using One = Commands::Task<Answer<>> (Commands::*)(std::string, bool);

Task start_or_stop_group(
    const Methods& methods, std::string group, bool wait, Each each, Writer& out
) {
    Commands& commands = *methods.backend().commands;
    if (!commands.table().has_group(group)) {
        co_return bad_name(group);
    }
    write_statuses(co_await (commands.*each)(commands.table().of_group(group), wait), out);
    co_return std::nullopt;
}

// "g:*" means all of the group.
Task start_or_stop(const Methods& methods, const Array& given, One one, Each each, Writer& out) {
    Commands& commands = *methods.backend().commands;
    const std::string name = text_at(given, 0);
    const bool wait = flag_at(given, 1);
    const auto found = commands.find(name);
    if (found && *found == nullptr) {
        co_return co_await start_or_stop_group(
            methods, parse_name_spec(name).group, wait, each, out
        );
    }
    const auto answer = co_await (commands.*one)(name, wait);
    co_return write_true(answer, out);
}

std::optional<Fault> signal_group(
    const Methods& methods, const std::string& group, std::string_view signal, Writer& out
) {
    Commands& commands = *methods.backend().commands;
    if (!commands.table().has_group(group)) {
        return bad_name(group);
    }
    write_statuses(commands.signal_each(commands.table().of_group(group), signal), out);
    return std::nullopt;
}

}  // namespace

Task start_process(const Methods& methods, const Array& given, Writer& out) {
    return start_or_stop(methods, given, &Commands::start, &Commands::start_each, out);
}

Task start_process_group(const Methods& methods, const Array& given, Writer& out) {
    return start_or_stop_group(
        methods, text_at(given, 0), flag_at(given, 1), &Commands::start_each, out
    );
}

Task start_all_processes(const Methods& methods, const Array& given, Writer& out) {
    Commands& commands = *methods.backend().commands;
    write_statuses(
        co_await commands.start_each(commands.table().in_order(), flag_at(given, 0)), out
    );
    co_return std::nullopt;
}

Task stop_process(const Methods& methods, const Array& given, Writer& out) {
    return start_or_stop(methods, given, &Commands::stop, &Commands::stop_each, out);
}

Task stop_process_group(const Methods& methods, const Array& given, Writer& out) {
    return start_or_stop_group(
        methods, text_at(given, 0), flag_at(given, 1), &Commands::stop_each, out
    );
}

Task stop_all_processes(const Methods& methods, const Array& given, Writer& out) {
    Commands& commands = *methods.backend().commands;
    write_statuses(
        co_await commands.stop_each(commands.table().in_order(), flag_at(given, 0)), out
    );
    co_return std::nullopt;
}

Task signal_process_group(const Methods& methods, const Array& given, Writer& out) {
    co_return signal_group(methods, text_at(given, 0), signal_at(given, 1), out);
}

Task signal_process(const Methods& methods, const Array& given, Writer& out) {
    Commands& commands = *methods.backend().commands;
    const std::string& name = text_at(given, 0);
    const std::string signal = signal_at(given, 1);
    if (const auto found = commands.find(name); found && *found == nullptr) {
        co_return signal_group(methods, parse_name_spec(name).group, signal, out);
    }
    co_return write_true(commands.signal(name, signal), out);
}

Task signal_all_processes(const Methods& methods, const Array& given, Writer& out) {
    Commands& commands = *methods.backend().commands;
    write_statuses(commands.signal_each(commands.table().in_order(), signal_at(given, 0)), out);
    co_return std::nullopt;
}

// -------------------------------------------------------------------------------------------------
// what is known of processes

Task get_process_info(const Methods& methods, const Array& given, Writer& out) {
    const std::string& name = text_at(given, 0);
    const auto found = methods.backend().commands->find(name);
    if (!found || *found == nullptr) {
        co_return bad_name(name);
    }
    write_process_info(**found, wall_now(), out);
    co_return std::nullopt;
}

Task get_all_process_info(const Methods& methods, const Array& /*given*/, Writer& out) {
    const WallTime now = wall_now();
    out.begin_array();
    for (const Entry* const entry : methods.backend().commands->table().by_name()) {
        write_process_info(*entry, now, out);
    }
    out.end_array();
    co_return std::nullopt;
}

Task get_all_config_info(const Methods& methods, const Array& /*given*/, Writer& out) {
    const Commands& commands = *methods.backend().commands;
    const Groups& groups = commands.groups();
    std::vector<std::pair<const Group*, const Process*>> all;
    for (const Group& group : groups.last_read().groups) {
        for (const Process& process : group.processes) {
            all.emplace_back(&group, &process);
        }
    }
    std::ranges::stable_sort(all, {}, [](const auto& each) -> const std::string& {
        return each.second->name;
    });
    out.begin_array();
    for (const auto& [group, process] : all) {
        const bool shows_files = !groups.was_read_again();
        const Entry* const entry =
            shows_files ? commands.table().find(group->name, process->name) : nullptr;
        write_config_info(*group, *process, entry, groups.is_active(group->name), out);
    }
    out.end_array();
    co_return std::nullopt;
}

}  // namespace elasticbot::supervisord::methods
