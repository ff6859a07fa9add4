#include "commands.hpp"

#include "command_check.hpp"

#include <elasticbot/supervisor/driver/output_logs.hpp>
#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <fmt/format.h>

#include <utility>

namespace elasticbot::supervisord {

namespace event = supervisor::event;

namespace {

std::unexpected<Fault> fault(FaultCode code, std::string detail) {
    return std::unexpected(Fault{code, std::move(detail)});
}

// A restart that is due counts: who stops it does not want it.
bool can_be_stopped(const Entry& entry) {
    return counts_as_running(entry.record.state()) || entry.record.will_start();
}

Status status_of(const Entry& entry, const Answer<>& answer) {
    Status status{.name = entry.process.name, .group = entry.group};
    if (!answer) {
        status.code = answer.error().code;
        status.description = answer.error().text();
    }
    return status;
}

}  // namespace

std::string_view to_string(Mood mood) {
    switch (mood) {
        case Mood::shutdown:
            return "SHUTDOWN";
        case Mood::restarting:
            return "RESTARTING";
        case Mood::running:
            return "RUNNING";
        case Mood::fatal:
            return "FATAL";
    }
    return "FATAL";
}

Commands::Commands(
    supervise::Access& access, Groups& groups, ProcessTable& table, CommandsBackend backend
)
    : access_(access),
      groups_(groups),
      table_(table),
      backend_(std::move(backend)),
      changes_(access.io.get_executor()) {}

Answer<Entry*> Commands::find(std::string_view name) const {
    const NameSpec spec = parse_name_spec(name);
    if (!table_.has_group(spec.group)) {
        return fault(FaultCode::bad_name, std::string(name));
    }
    if (!spec.process) {
        return nullptr;
    }
    Entry* const entry = table_.find(spec.group, *spec.process);
    if (entry == nullptr) {
        return fault(FaultCode::bad_name, std::string(name));
    }
    return entry;
}

// -------------------------------------------------------------------------------------------------
// start, stop, signal

Answer<Commands::Check> Commands::begin_start(const std::string& name) {
    const auto found = find(name);
    if (!found) {
        return std::unexpected(found.error());
    }
    const Entry& entry = **found;
    const ProgramName program = entry.program;
    const supervisor::Program* const configured = access_.find(program);
    if (configured == nullptr) {
        return fault(FaultCode::bad_name, name);
    }
    if (auto problem = check_command(*configured, backend_.environment)) {
        return std::unexpected(*std::move(problem));
    }
    const ProcessState state = entry.record.state();
    if (counts_as_running(state)) {
        return fault(FaultCode::already_started, name);
    }
    if (state == ProcessState::unknown) {
        return fault(FaultCode::failed, fmt::format("{} is in an unknown process state", name));
    }
    if (state == ProcessState::stopping) {
        backend_.say(LogLevel::warn, fmt::format("process '{}' already running", name));
        return [name]() -> std::optional<Answer<>> {
            return fault(FaultCode::abnormal_termination, name);
        };
    }
    const int runs_before = entry.times_running;
    access_.request(event::StartRequested{program});
    if (!entry.record.spawn_error().empty()) {
        return fault(FaultCode::spawn_error, name);
    }
    return [this, program, name, runs_before]() -> std::optional<Answer<>> {
        const Entry* const now = table_.find(program);
        if (now != nullptr && now->times_running > runs_before) {
            return Answer<>{};
        }
        if (now == nullptr || !now->record.spawn_error().empty()) {
            return fault(FaultCode::spawn_error, name);
        }
        if (now->record.state() != ProcessState::starting) {
            return fault(FaultCode::abnormal_termination, name);
        }
        return std::nullopt;
    };
}

Answer<Commands::Check> Commands::begin_stop(const std::string& name) {
    const auto found = find(name);
    if (!found) {
        return std::unexpected(found.error());
    }
    const Entry& entry = **found;
    if (!can_be_stopped(entry)) {
        return fault(FaultCode::not_running, name);
    }
    const ProgramName program = entry.program;
    access_.request(event::StopRequested{program});
    Check check = [this, program]() -> std::optional<Answer<>> {
        const Entry* const now = table_.find(program);
        if (now != nullptr && now->record.state() == ProcessState::unknown) {
            return fault(FaultCode::failed, now->record.signal_error());
        }
        if (now == nullptr || counts_as_stopped(now->record.state())) {
            return Answer<>{};
        }
        return std::nullopt;
    };
    // Who cannot be signalled is not worth waiting for, nor is that to be kept from who does not.
    if (auto answer = check(); answer && !*answer) {
        return std::unexpected(answer->error());
    }
    return check;
}

Commands::Task<Answer<>> Commands::settle(Answer<Check> begun, bool wait) {
    if (!begun) {
        co_return std::unexpected(begun.error());
    }
    if (!wait) {
        co_return Answer<>{};
    }
    while (true) {
        if (auto answer = (*begun)()) {
            co_return *std::move(answer);
        }
        co_await changes_.next();
    }
}

Commands::Task<Answer<>> Commands::start(std::string name, bool wait) {
    co_return co_await settle(begin_start(name), wait);
}

Commands::Task<Answer<>> Commands::stop(std::string name, bool wait) {
    co_return co_await settle(begin_stop(name), wait);
}

Answer<> Commands::signal(const std::string& name, std::string_view signal) {
    const auto found = find(name);
    if (!found) {
        return std::unexpected(found.error());
    }
    const auto number = parse_signal(signal);
    if (!number) {
        return fault(FaultCode::bad_signal, std::string(signal));
    }
    const Entry& entry = **found;
    if (!is_signallable(entry.record.state())) {
        return fault(FaultCode::not_running, name);
    }
    if (auto sent = access_.signal(entry.program, *number); !sent) {
        return fault(FaultCode::failed, sent.error().message);
    }
    return {};
}

// All are told at once, and then waited for together.
Commands::Task<std::vector<Status>> Commands::settle_each(
    Selection entries, bool wait, Answer<Check> (Commands::*begin)(const std::string&)
) {
    struct Open {
        Status status;
        Check check;
    };

    std::vector<Status> done;
    std::vector<Open> open;
    for (const Entry* const entry : entries) {
        Status status = status_of(*entry, {});
        auto begun = (this->*begin)(entry->full_name());
        if (begun && wait) {
            open.push_back({std::move(status), *std::move(begun)});
        } else {
            done.push_back(begun ? status : status_of(*entry, std::unexpected(begun.error())));
        }
    }
    while (true) {
        std::erase_if(open, [&](Open& each) {
            const auto answer = each.check();
            if (!answer) {
                return false;
            }
            if (!*answer) {
                each.status.code = answer->error().code;
                each.status.description = answer->error().text();
            }
            done.push_back(std::move(each.status));
            return true;
        });
        if (open.empty()) {
            co_return done;
        }
        co_await changes_.next();
    }
}

Commands::Task<std::vector<Status>> Commands::start_each(Selection entries, bool wait) {
    std::erase_if(entries, [](const Entry* entry) {
        return counts_as_running(entry->record.state());
    });
    co_return co_await settle_each(std::move(entries), wait, &Commands::begin_start);
}

Commands::Task<std::vector<Status>> Commands::stop_each(Selection entries, bool wait) {
    std::erase_if(entries, [](const Entry* entry) { return !can_be_stopped(*entry); });
    co_return co_await settle_each(std::move(entries), wait, &Commands::begin_stop);
}

std::vector<Status> Commands::signal_each(const Selection& entries, std::string_view signal) {
    std::vector<Status> done;
    for (const Entry* const entry : entries) {
        if (is_signallable(entry->record.state())) {
            done.push_back(status_of(*entry, this->signal(entry->full_name(), signal)));
        }
    }
    return done;
}

// -------------------------------------------------------------------------------------------------
// groups

Answer<GroupDifference> Commands::reload_config() {
    auto file = backend_.read_again();
    if (!file) {
        return fault(FaultCode::cant_reread, file.error().message);
    }
    groups_.read_again(*std::move(file));
    return groups_.difference();
}

Answer<> Commands::add_group(const std::string& name) {
    if (!groups_.is_readable(name)) {
        return fault(FaultCode::bad_name, name);
    }
    if (groups_.is_active(name)) {
        return fault(FaultCode::already_added, name);
    }
    File file = groups_.with(name);
    auto programs = backend_.programs_of(file);
    if (!programs) {
        return fault(FaultCode::failed, programs.error().message);
    }
    const auto take_back = [&] {
        if (auto before = backend_.programs_of(groups_.active())) {
            table_.assign(groups_.active(), *before, "");
        }
    };
    table_.assign(file, *programs, name);
    // Before anything of it starts: who listens hears of the group first.
    if (auto added = backend_.group_added(name); !added) {
        take_back();
        return fault(FaultCode::failed, added.error().message);
    }
    if (auto replaced = access_.replace_programs(*std::move(programs)); !replaced) {
        backend_.group_removed(name);
        take_back();
        return fault(FaultCode::failed, replaced.error().message);
    }
    groups_.take_over(std::move(file));
    return {};
}

Answer<> Commands::remove_group(const std::string& name) {
    if (!table_.has_group(name)) {
        return fault(FaultCode::bad_name, name);
    }
    for (const Entry* const entry : table_.of_group(name)) {
        if (!counts_as_stopped(entry->record.state()) || entry->record.will_start()) {
            return fault(FaultCode::still_running, name);
        }
    }
    File file = groups_.without(name);
    auto programs = backend_.programs_of(file);
    if (!programs) {
        return fault(FaultCode::failed, programs.error().message);
    }
    const std::vector<supervisor::Program> remaining = *programs;
    if (auto replaced = access_.replace_programs(*std::move(programs)); !replaced) {
        return fault(FaultCode::failed, replaced.error().message);
    }
    groups_.take_over(std::move(file));
    table_.assign(groups_.active(), remaining, "");
    backend_.group_removed(name);
    return {};
}

// -------------------------------------------------------------------------------------------------
// input, logs

Answer<> Commands::write_input(const std::string& name, std::string_view text) {
    const auto found = find(name);
    if (!found) {
        return std::unexpected(found.error());
    }
    if (*found == nullptr) {
        return fault(FaultCode::bad_name, name);
    }
    const Entry& entry = **found;
    if (entry.record.pid() == Pid{} || entry.record.state() == ProcessState::stopping) {
        return fault(FaultCode::not_running, name);
    }
    if (entry.kind == Group::Kind::fcgi_program) {
        return fault(FaultCode::no_file, name);
    }
    if (auto written = access_.write_input(entry.program, text); !written) {
        return fault(
            written.error().code == Errc::conflict ? FaultCode::not_running : FaultCode::no_file,
            name
        );
    }
    return {};
}

Answer<> Commands::clear_logs(const std::string& name) {
    const auto found = find(name);
    if (!found) {
        return std::unexpected(found.error());
    }
    if (*found == nullptr) {
        return fault(FaultCode::bad_name, name);
    }
    const Entry& entry = **found;
    for (const std::string& path : {entry.standard_output, entry.standard_error}) {
        if (path.empty() || path.starts_with("/dev/")) {
            continue;
        }
        // One that was never written has nothing to lose.
        if (auto cleared = access_.logs.clear(path);
            !cleared && cleared.error().code != Errc::not_found) {
            return fault(FaultCode::failed, name);
        }
    }
    return {};
}

std::vector<Status> Commands::clear_all_logs() {
    std::vector<Status> done;
    for (const Entry* const entry : table_.in_order()) {
        done.push_back(status_of(*entry, clear_logs(entry->full_name())));
    }
    return done;
}

}  // namespace elasticbot::supervisord
