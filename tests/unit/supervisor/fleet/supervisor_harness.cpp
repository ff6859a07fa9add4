// Feeds events, answers spawns, collects effects as words.
#include "supervisor_harness.hpp"

#include <fmt/format.h>

#include <cstring>

namespace elasticbot::supervisor {

namespace {

// Any moment will do, as long as it is not the epoch: a forgotten time shows.
constexpr TimePoint beginning{1h};

struct Words {
    std::string operator()(const effect::Spawn& spawn) const {
        return fmt::format("spawn {} {}", spawn.program.value(), spawn.generation.value());
    }

    std::string operator()(const effect::Signal& signal) const {
        const char* leader = signal.whole_group ? "" : " leader";
        return fmt::format("{} {}{}", sigabbrev_np(signal.signal), signal.program.value(), leader);
    }

    std::string operator()(const effect::Announce& announcement) const {
        return describe(announcement);
    }

    std::string operator()(const effect::Finish& finish) const {
        return fmt::format("finish {}", finish.exit_code);
    }
};

}  // namespace

std::string describe(const Effect& effect) {
    return std::visit(Words{}, effect);
}

std::string describe(const effect::Announce& announcement) {
    return fmt::format("{} {}", announcement.program.value(), to_string(announcement.what));
}

Program service(const std::string& name) {
    Program program;
    program.name = ProgramName(name);
    program.readiness = readiness::Notify{};
    program.backoff.jitter = 0;
    return program;
}

Program one_shot(const std::string& name) {
    Program program = service(name);
    program.kind = Kind::one_shot;
    program.restart = RestartPolicy::never;
    program.ready_timeout = 0s;
    return program;
}

ProgramHarness::ProgramHarness(Program program)
    : program_(std::move(program)), now_(beginning), life_(program_, 1) {}

void ProgramHarness::request_start() {
    handle(event::StartRequested{program_.name});
}

void ProgramHarness::request_stop() {
    handle(event::StopRequested{program_.name});
}

void ProgramHarness::request_restart() {
    handle(event::RestartRequested{program_.name});
}

void ProgramHarness::report_ready() {
    handle(event::ReadyReported{program_.name, generation()});
}

void ProgramHarness::report_heartbeat() {
    handle(event::HeartbeatReceived{program_.name, generation()});
}

void ProgramHarness::exits(int code) {
    handle(event::Exited{program_.name, generation(), {.code = code}});
}

void ProgramHarness::dies_of(int signal) {
    handle(event::Exited{program_.name, generation(), {.signal = signal}});
}

void ProgramHarness::start_and_report_ready() {
    request_start();
    report_ready();
    effects();
    announcements();
}

void ProgramHarness::spawned() {
    handle(event::Spawned{program_.name, generation(), Pid(100)});
}

void ProgramHarness::spawn_fails(const std::string& reason) {
    handle(event::SpawnFailed{program_.name, generation(), {Errc::not_found, reason}});
}

void ProgramHarness::dependencies_become(bool ready) {
    Effects out;
    life_.set_dependencies_ready(ready, now_, out);
    take(std::move(out));
}

void ProgramHarness::forbid_start() {
    Effects out;
    life_.forbid_start(now_, out);
    take(std::move(out));
}

void ProgramHarness::kill() {
    Effects out;
    life_.kill(now_, "told to hurry", out);
    take(std::move(out));
}

void ProgramHarness::forgive_silence() {
    life_.forgive_silence(now_);
}

void ProgramHarness::handle(const Event& event) {
    Effects out;
    life_.handle(event, now_, out);
    take(std::move(out));
}

void ProgramHarness::advance(Duration by) {
    const TimePoint end = now_ + by;
    while (life_.next_deadline() && *life_.next_deadline() <= end) {
        now_ = std::max(now_, *life_.next_deadline());
        Effects out;
        life_.tick(now_, out);
        take(std::move(out));
    }
    now_ = end;
}

void ProgramHarness::take(Effects effects) {
    for (const Effect& effect : effects) {
        if (const auto* announcement = std::get_if<effect::Announce>(&effect)) {
            announcements_.push_back(*announcement);
            continue;
        }
        effects_.push_back(describe(effect));
        if (std::holds_alternative<effect::Spawn>(effect) && !holds_spawns_) {
            spawned();
        }
    }
}

std::vector<std::string> ProgramHarness::effects() {
    return std::exchange(effects_, {});
}

std::vector<effect::Announce> ProgramHarness::announcements() {
    return std::exchange(announcements_, {});
}

FleetHarness::FleetHarness(std::vector<Program> programs, FleetRules rules)
    : now_(beginning), fleet_(std::move(programs), 1, rules) {}

void FleetHarness::start() {
    take(fleet_.start(now_));
}

void FleetHarness::request_start(const std::string& name) {
    handle(event::StartRequested{ProgramName(name)});
}

void FleetHarness::request_stop(const std::string& name) {
    handle(event::StopRequested{ProgramName(name)});
}

void FleetHarness::request_restart(const std::string& name) {
    handle(event::RestartRequested{ProgramName(name)});
}

void FleetHarness::stop_all(Duration timeout) {
    handle(event::StopAll{timeout, "SIGTERM"});
}

void FleetHarness::hurry() {
    handle(event::HurryRequested{});
}

Result<ReloadChanges> FleetHarness::reload(std::vector<Program> programs) {
    auto reload = fleet_.reload(std::move(programs), now_);
    if (!reload) {
        return reload.error();
    }
    take(std::move(reload->effects));
    return reload->changes;
}

void FleetHarness::report_ready(const std::string& name) {
    handle(event::ReadyReported{ProgramName(name), generation(name)});
}

void FleetHarness::report_heartbeat(const std::string& name) {
    handle(event::HeartbeatReceived{ProgramName(name), generation(name)});
}

void FleetHarness::exits(const std::string& name, int code) {
    handle(event::Exited{ProgramName(name), generation(name), {.code = code}});
}

void FleetHarness::dies_of(const std::string& name, int signal) {
    handle(event::Exited{ProgramName(name), generation(name), {.signal = signal}});
}

void FleetHarness::cannot_be_signalled(const std::string& name) {
    handle(event::SignalRefused{ProgramName(name), generation(name), "not permitted"});
}

void FleetHarness::advance(Duration by) {
    const TimePoint end = now_ + by;
    while (fleet_.next_deadline() && *fleet_.next_deadline() <= end) {
        now_ = std::max(now_, *fleet_.next_deadline());
        take(fleet_.tick(now_));
    }
    now_ = end;
}

void FleetHarness::sleep(Duration by) {
    now_ += by;
    take(fleet_.tick(now_));
}

std::vector<std::string> FleetHarness::effects() {
    return std::exchange(effects_, {});
}

std::vector<std::string> FleetHarness::announcements() {
    return std::exchange(announcements_, {});
}

ProgramView FleetHarness::view(const std::string& name) const {
    for (const ProgramView& program : fleet_.view().programs) {
        if (program.name.value() == name) {
            return program;
        }
    }
    ADD_FAILURE() << "no program named " << name;
    return {};
}

Generation FleetHarness::generation(const std::string& name) const {
    return view(name).generation;
}

void FleetHarness::handle(const Event& event) {
    take(fleet_.handle(event, now_));
}

void FleetHarness::take(Effects effects) {
    for (const Effect& effect : effects) {
        if (const auto* announcement = std::get_if<effect::Announce>(&effect)) {
            announcements_.push_back(describe(*announcement));
            continue;
        }
        effects_.push_back(describe(effect));
        if (const auto* spawn = std::get_if<effect::Spawn>(&effect)) {
            handle(event::Spawned{spawn->program, spawn->generation, Pid(100)});
        } else if (const auto* finish = std::get_if<effect::Finish>(&effect)) {
            finish_ = *finish;
        }
    }
}

}  // namespace elasticbot::supervisor
