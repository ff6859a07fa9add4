// How simulated processes are born, report and end.
#include "simulated_host.hpp"

#include <algorithm>

namespace elasticbot::supervisor {

Duration Chance::duration(Duration limit) {
    Duration scale = limit;
    for (std::uint64_t steps = below(6); steps > 0; --steps) {
        scale /= 10;
    }
    const auto nanoseconds = static_cast<std::uint64_t>(scale.count());
    return Duration(static_cast<Duration::rep>(below(nanoseconds + 1)));
}

void SimulatedHost::spawn(const Program& program, Generation generation) {
    const TimePoint answered = now_ + (chance_->one_in(4) ? chance_->duration(200ms) : 0ms);
    if (chance_->one_in(40)) {  // Lost exec, no memory, no pid.
        const Error error{Errc::not_found, "cannot execute " + program.name.value()};
        return at(answered, event::SpawnFailed{program.name, generation, error});
    }
    const Key key{program.name, generation};
    const Pid pid(next_pid_++);
    processes_.emplace(key, Process{program.name, generation, pid, false, false, {}, false});
    at(answered, event::Spawned{program.name, generation, pid});
    live(program, key, answered);
}

// What the process will do if it is left alone.
void SimulatedHost::live(const Program& program, Key key, TimePoint born) {
    TimePoint time = born;
    if (!std::holds_alternative<readiness::AfterStart>(program.readiness)) {
        time += chance_->one_in(20) ? 200s : chance_->duration(5s);  // 200 s: never in time.
        at(time, event::ReadyReported{key.first, key.second});
    }
    if (program.heartbeat_timeout > 0s) {
        // A handful of heartbeats, then it hangs; most processes end earlier.
        for (std::uint64_t beats = chance_->below(8); beats > 0; --beats) {
            time += program.heartbeat_timeout / 2;
            at(time, event::HeartbeatReceived{key.first, key.second});
        }
    }
    if (chance_->one_in(10)) {
        at(time, event::StatusReported{key.first, key.second, "busy"});
    }
    if (chance_->one_in(program.kind == Kind::one_shot ? 20 : 3)) {
        return;
    }  // Runs on.

    const Duration lived = chance_->one_in(8) ? 0s : chance_->duration(200s);
    ExitStatus status;
    switch (chance_->below(4)) {
        case 0:
            status.signal = SIGSEGV;
            break;
        case 1:
            status.code = static_cast<int>(chance_->below(80));
            break;
        case 2:
            status.signal = SIGTERM;
            break;  // Somebody else told it to end.
        default:
            break;
    }
    end(key, born + lived, status);
}

std::optional<event::SignalRefused> SimulatedHost::signal(const effect::Signal& signal) {
    const Key key{signal.program, signal.generation};
    const auto found = processes_.find(key);
    if (found == processes_.end()) {
        return std::nullopt;
    }
    Process& process = found->second;
    if (chance_->one_in(200)) {
        // It has become another user: from now on it is nobody's.
        processes_.erase(found);
        return event::SignalRefused{key.first, key.second, "not permitted"};
    }
    if (signal.signal == SIGKILL) {
        process.was_killed = true;
        if (chance_->one_in(50)) {
            return std::nullopt;  // Hangs in the kernel.
        }
        end(key, now_ + chance_->duration(50ms), {.signal = SIGKILL});
        return std::nullopt;
    }
    process.was_asked_to_stop = true;
    process.asked_at = now_;
    if (chance_->one_in(5)) {
        return std::nullopt;
    }  // Ignores it.
    const ExitStatus status =
        chance_->one_in(2) ? ExitStatus{.code = 0} : ExitStatus{.signal = signal.signal};
    end(key, now_ + chance_->duration(20s), status);
    return std::nullopt;
}

bool SimulatedHost::has_process(const ProgramName& program) const {
    return std::ranges::any_of(processes_, [&](const auto& entry) {
        return entry.first.first == program;
    });
}

void SimulatedHost::end(const Key& key, TimePoint time, ExitStatus status) {
    at(time, event::Exited{key.first, key.second, status});
}

void SimulatedHost::at(TimePoint time, Event event) {
    events_.emplace(std::pair{time, next_order_++}, std::move(event));
}

std::optional<TimePoint> SimulatedHost::next_event_at() const {
    return events_.empty() ? std::nullopt : std::optional(events_.begin()->first.first);
}

std::optional<Event> SimulatedHost::take_event() {
    while (!events_.empty() && events_.begin()->first.first <= now_) {
        Event event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        if (const auto* spawned = std::get_if<event::Spawned>(&event)) {
            const auto found = processes_.find({spawned->program, spawned->generation});
            // Lived shorter than it took to tell: the driver still tells it. (hardening A5)
            if (found != processes_.end()) {
                found->second.is_registered = true;
            }
        } else if (const auto* exited = std::get_if<event::Exited>(&event)) {
            // Several causes may have been on their way; a process ends once.
            if (processes_.erase({exited->program, exited->generation}) == 0) {
                continue;
            }
        } else if (std::holds_alternative<event::ReadyReported>(event) ||
                   std::holds_alternative<event::HeartbeatReceived>(event)) {
            // Datagrams of the dead may still arrive, now and then.
            const Key key = std::visit(
                [](const auto& report) -> Key {
                    if constexpr (requires { report.generation; }) {
                        return {report.program, report.generation};
                    } else {
                        return {};
                    }
                },
                event
            );
            if (!processes_.contains(key) && !chance_->one_in(10)) {
                continue;
            }
        }
        return event;
    }
    return std::nullopt;
}

}  // namespace elasticbot::supervisor
