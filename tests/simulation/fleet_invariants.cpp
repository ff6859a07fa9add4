// The promises, each as the sentence that is printed when it is broken.
#include "fleet_invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisor {

using What = effect::Announce::What;

namespace {

// An order of stopping is not the process's.
bool runs_alike(const Program& one, Program other) {
    other.stop_after = one.stop_after;
    return one == other;
}

// Between two SIGKILLs of one program.
constexpr Duration least = 1s;

}  // namespace

FleetInvariants::FleetInvariants(
    const std::vector<Program>& programs, Duration stop_timeout, const SimulatedHost& host
)
    : stop_timeout_(stop_timeout), host_(&host) {
    for (const Program& program : programs) {
        known_[program.name].program = program;
        known_[program.name].is_configured = true;
    }
}

void FleetInvariants::heard(const Event& event, TimePoint now) {
    std::visit([&](const auto& happened) { hear(happened, now); }, event);
}

void FleetInvariants::hear(const event::StopAll& event, TimePoint now) {
    const Duration margin = event.timeout > 2s ? event.timeout - 1s : event.timeout / 2;
    nothing_may_start_ = true;
    kill_at_ = std::min(kill_at_, now + margin);
    give_up_at_ = std::min(give_up_at_, now + event.timeout);
}

void FleetInvariants::hear(const event::HurryRequested&, TimePoint) {
    for (auto& [name, known] : known_) {
        known.was_hurried = known.has_process;
    }
}

void FleetInvariants::hear(const event::Spawned& event, TimePoint now) {
    Known& known = known_[event.program];
    if (!is_current(known, event.generation)) {
        return;
    }
    known.pid = event.pid;
    known.spawned_at = now;
    known.has_been_up = known.program.kind == Kind::one_shot;
}

void FleetInvariants::hear(const event::SpawnFailed& event, TimePoint now) {
    Known& known = known_[event.program];
    if (is_current(known, event.generation)) {
        end_of_process(known, now);
    }
}

void FleetInvariants::hear(const event::ReadyReported& event, TimePoint) {
    Known& known = known_[event.program];
    known.said_ready = known.said_ready || is_current(known, event.generation);
}

void FleetInvariants::hear(const event::Exited& event, TimePoint now) {
    Known& known = known_[event.program];
    if (is_current(known, event.generation)) {
        end_of_process(known, now);
    }
}

void FleetInvariants::hear(const event::SignalRefused& event, TimePoint now) {
    Known& known = known_[event.program];
    if (is_current(known, event.generation)) {
        end_of_process(known, now);
    }
}

void FleetInvariants::hear(const event::HeartbeatReceived&, TimePoint) {}

void FleetInvariants::hear(const event::StatusReported&, TimePoint) {}

void FleetInvariants::hear(const event::StopRequested& event, TimePoint) {
    Known& known = known_[event.program];
    known.was_told_to_stop = known.has_process;
    known.was_wished_for = true;
    known.deaths.clear();
    known.failed_starts = 0;
}

// A wish of people: what happened before does not count against the budget any more. (hardening
// B12)
void FleetInvariants::hear(const auto& wish, TimePoint) {
    Known& known = known_[wish.program];
    known.was_wished_for = true;
    known.deaths.clear();
    known.failed_starts = 0;
}

bool FleetInvariants::is_current(const Known& known, Generation generation) {
    return known.has_process && known.generation == generation;
}

void FleetInvariants::end_of_process(Known& known, TimePoint now) {
    known.has_process = false;
    known.pid.reset();
    known.is_ready = false;
    known.died_at = now;
    known.has_failed_to_start = known.program.start_retries && !known.has_been_up;
    known.failed_starts += known.has_failed_to_start && !known.was_wished_for ? 1 : 0;
    const bool was_healthy =
        known.spawned_at && now - *known.spawned_at >= known.program.backoff.healthy_after;
    if (was_healthy) {
        known.deaths.clear();
    }
    if (known.successor) {
        known.program = *std::exchange(known.successor, std::nullopt);
        known.died_at.reset();
        known.failed_starts = 0;
    }
}

const Program* FleetInvariants::definition(const ProgramName& name) const {
    const auto found = known_.find(name);
    if (found == known_.end() || !found->second.is_configured) {
        return nullptr;
    }
    const Known& known = found->second;
    return known.successor ? &*known.successor : &known.program;
}

std::string FleetInvariants::reloaded(
    const std::vector<Program>& programs, const ReloadChanges& changes
) {
    ReloadChanges expected;
    std::map<ProgramName, Known> before = known_;
    for (auto& [name, known] : known_) {
        known.is_configured = false;
    }
    for (const Program& program : programs) {
        const auto old = before.find(program.name);
        Known& known = known_[program.name];
        known.is_configured = true;
        if (old == before.end() || !old->second.is_configured) {
            expected.added.push_back(program.name);
        } else if (Program& is = known.successor ? *known.successor : known.program;
                   runs_alike(is, program)) {
            expected.unchanged.push_back(program.name);
            is.stop_after = program.stop_after;
            continue;
        } else {
            expected.changed.push_back(program.name);
        }
        // A new life: what happened before does not count against it.
        known.has_completed = false;
        known.deaths.clear();
        known.failed_starts = 0;
        known.died_at.reset();
        known.was_told_to_stop = known.has_process;
        if (known.has_process) {
            known.successor = program;
        } else {
            known.program = program;
        }
    }
    for (auto& [name, known] : known_) {
        if (known.is_configured) {
            continue;
        }
        if (const auto old = before.find(name); old != before.end() && old->second.is_configured) {
            expected.removed.push_back(name);
        }
        known.has_completed = false;
        known.was_told_to_stop = known.has_process;
        known.successor.reset();
    }
    ReloadChanges told = changes;
    for (auto* names : {&told.removed, &expected.removed}) {
        std::ranges::sort(*names);
    }
    return told == expected ? "" : "a reload tells other changes than there are";
}

std::string FleetInvariants::check(const Effect& effect, TimePoint now) {
    if (is_finished_) {
        return "an effect came after Finish";
    }
    return std::visit([&](const auto& decided) { return check(decided, now); }, effect);
}

std::string FleetInvariants::check(const effect::Spawn& spawn, TimePoint now) {
    Known& known = known_[spawn.program];
    const std::string& name = spawn.program.value();
    if (known.has_process) {
        return name + " is spawned while it has a process";
    }
    if (spawn.generation <= known.generation) {
        return name + " is spawned without a new generation";
    }
    if (nothing_may_start_) {
        return name + " is spawned after the stop of everything began";
    }
    if (!known.is_configured) {
        return name + " is spawned after it was removed";
    }
    for (const ProgramName& needed : known.program.after) {
        const Known& other = known_[needed];
        const bool is_leaving = other.has_process && other.successor;
        if ((!other.is_ready || is_leaving) && !other.has_completed) {
            return fmt::format("{} is spawned while {} is not ready", name, needed.value());
        }
    }

    const bool is_restart = known.died_at && !known.was_wished_for;
    if (is_restart && known.has_failed_to_start) {
        const StartRetries& retries = *known.program.start_retries;
        if (known.failed_starts > retries.most) {
            return name + " is started more often than its retries allow";
        }
        if (now < *known.died_at + known.failed_starts * retries.step) {
            return name + " is started again before its delay is over";
        }
    } else if (is_restart) {
        const RestartBudget& budget = known.program.budget;
        std::erase_if(known.deaths, [&](TimePoint death) {
            return *known.died_at - death > budget.window;
        });
        known.deaths.push_back(*known.died_at);
        const auto limit = static_cast<std::size_t>(budget.max_restarts);
        if (limit > 0 && known.deaths.size() > limit) {
            return name + " exceeds its budget";
        }
    }

    known.has_process = true;
    known.generation = spawn.generation;
    known.has_completed = false;
    known.said_ready = false;
    known.has_been_up = false;
    known.was_hurried = false;
    known.was_killed = false;
    known.was_told_to_stop = false;
    known.was_wished_for = false;
    known.spawned_at.reset();
    known.stop_signal_at.reset();
    return "";
}

std::string FleetInvariants::check(const effect::Signal& signal, TimePoint now) {
    Known& known = known_[signal.program];
    const std::string& name = signal.program.value();
    const Program& program = known.program;
    if (!is_current(known, signal.generation)) {
        return name + " is signalled without a process";
    }
    if (!known.pid) {
        return name + " is signalled before its pid is known";
    }
    known.is_ready = false;

    if (signal.signal == SIGKILL) {
        const bool grace_is_over =
            known.stop_signal_at && now >= *known.stop_signal_at + program.grace_period;
        if (!grace_is_over && now < kill_at_ && !known.was_hurried) {
            return name + " is killed before its grace period and the whole deadline are over";
        }
        if (signal.whole_group != program.kill_whole_group) {
            return name + " is killed with or without its group, not as it should be";
        }
        if (known.was_killed && now < known.killed_at + std::max(program.grace_period, least)) {
            return name + " is killed again before another grace period is over";
        }
        known.was_killed = true;
        known.killed_at = now;
        return "";
    }
    if (signal.signal != program.stop_signal) {
        return name + " gets a signal that nobody set";
    }
    if (known.stop_signal_at) {
        return name + " is asked to stop twice";
    }
    if (const std::string broken = check_turn(known); !broken.empty()) {
        return broken;
    }
    known.stop_signal_at = now;
    return "";
}

// Once everything is being stopped, nobody is asked before those that it stops after have ended;
// who was told to stop before, by somebody or for its own failure, keeps its own time.
std::string FleetInvariants::check_turn(const Known& known) const {
    if (!nothing_may_start_ || known.was_told_to_stop) {
        return "";
    }
    for (const ProgramName& first : known.program.stop_after) {
        if (!known_.at(first).has_process) {
            continue;
        }
        return fmt::format(
            "{} is asked to stop before {} has ended", known.program.name.value(), first.value()
        );
    }
    return "";
}

std::string FleetInvariants::check(const effect::Announce& announcement, TimePoint now) {
    Known& known = known_[announcement.program];
    const std::string& name = announcement.program.value();
    if (announcement.what == What::ready) {
        const bool has_sign =
            std::holds_alternative<readiness::AfterStart>(known.program.readiness)
                ? known.spawned_at && now >= *known.spawned_at + known.program.start_seconds
                : known.said_ready;
        if (!has_sign) {
            return name + " is called ready without a sign of it";
        }
        // With its end it may have become clear that it had lived long enough.
        known.is_ready = known.has_process;
        known.has_been_up = true;
        known.has_failed_to_start = false;
        known.failed_starts = 0;
    } else if (announcement.what == What::completed) {
        if (known.has_process) {
            return name + " has completed and still has a process";
        }
        known.has_completed = true;
    } else if (announcement.what == What::stopping || announcement.what == What::killing ||
               announcement.what == What::heartbeat_missing ||
               announcement.what == What::not_ready_in_time) {
        known.is_ready = false;
        const bool is_its_own_failure = announcement.what == What::heartbeat_missing ||
                                        announcement.what == What::not_ready_in_time;
        known.was_told_to_stop =
            known.was_told_to_stop || is_its_own_failure || !nothing_may_start_;
    } else if (announcement.what == What::stopped) {
        known.has_completed = false;
    }
    return "";
}

std::string FleetInvariants::check(const effect::Finish& finish, TimePoint now) {
    is_finished_ = true;
    if (host_->processes().empty()) {
        return "";
    }
    if (now < give_up_at_) {
        return "the fleet finishes while processes are alive";
    }
    return finish.exit_code == 0 ? "the fleet calls a stop clean that left processes" : "";
}

std::string FleetInvariants::check(const FleetView& view, TimePoint now) {
    if (view.stopping && !nothing_may_start_) {  // The fleet's own decision.
        nothing_may_start_ = true;
        kill_at_ = now + stop_timeout_ - 1s;
        give_up_at_ = now + stop_timeout_;
    }
    std::size_t configured = 0;
    for (const ProgramView& program : view.programs) {
        const Known& known = known_[program.name];
        const std::string& name = program.name.value();
        configured += known.is_configured ? 1 : 0;
        if (!known.is_configured && !known.has_process && !view.stopping) {
            return name + " was removed, has no process, and is still there";
        }
        const bool should_have_process =
            program.state == State::starting || program.state == State::running ||
            program.state == State::stopping || program.state == State::killing;
        if (should_have_process != known.has_process) {
            return fmt::format("{} is {}, which is not true", name, to_string(program.state));
        }
        if (program.pid != known.pid) {
            return name + " shows a pid that it does not have";
        }
        if (program.ready != known.is_ready) {
            return fmt::format(
                "{}, which is {}, shows a false readiness", name, to_string(program.state)
            );
        }
        if ((program.state == State::waiting) == program.waiting_for.empty()) {
            return name + " waits for nobody, or names somebody without waiting";
        }
        if ((program.state == State::backoff) != program.next_start.has_value()) {
            return name + " does not say when its back-off ends";
        }
    }
    const auto is_configured = [](const auto& entry) { return entry.second.is_configured; };
    if (configured != static_cast<std::size_t>(std::ranges::count_if(known_, is_configured))) {
        return "a configured program is not there";
    }
    return check_departures();
}

// A reload ends: of those that it told to leave, at least one is on its way out at any time.
std::string FleetInvariants::check_departures() const {
    std::string first;
    for (const auto& [name, known] : known_) {
        if (!known.has_process || (known.is_configured && !known.successor)) {
            continue;
        }
        if (!known.pid || known.stop_signal_at || known.was_killed) {
            return "";
        }
        first = name.value();
    }
    return first.empty() || is_finished_ || nothing_may_start_
               ? ""
               : first + " should leave, and nobody tells it";
}

std::string FleetInvariants::check_after_tick(std::optional<TimePoint> next, TimePoint now) const {
    if (!is_finished_ && now >= give_up_at_) {
        return "the stop of everything does not end";
    }
    if (next && *next <= now) {
        return "a deadline stays in the past: the driver would spin";
    }
    for (const auto& [name, known] : known_) {
        const bool is_overdue = known.has_process && known.stop_signal_at && !known.was_killed &&
                                now >= *known.stop_signal_at + known.program.grace_period;
        if (is_overdue) {
            return name.value() + " outlives its grace period unharmed";
        }
        const bool outlives_all = known.pid && !known.was_killed && now >= kill_at_;
        if (outlives_all) {
            return name.value() + " outlives the whole deadline unharmed";
        }
    }
    return "";
}

}  // namespace elasticbot::supervisor
