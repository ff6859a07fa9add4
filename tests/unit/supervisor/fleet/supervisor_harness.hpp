// One program, or a fleet, with a clock in the hand of the test and processes that do as they are
// told.
#pragma once

#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/lifecycle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace elasticbot::supervisor {

using What = effect::Announce::What;

// "spawn web 1", "TERM web", "KILL web", "TERM web leader", "finish 70": what the driver is told to
// do.
std::string describe(const Effect& effect);

// "web crashed": what people are told.
std::string describe(const effect::Announce& announcement);

// A service that says when it is ready, without jitter.
Program service(const std::string& name);
Program one_shot(const std::string& name);

// Spawns are answered at once unless they are held.
class ProgramHarness {
public:
    explicit ProgramHarness(Program program = service("web"));

    void request_start();
    void request_stop();
    void request_restart();
    void report_ready();
    void report_heartbeat();
    void exits(int code);
    void dies_of(int signal);
    void start_and_report_ready();

    void hold_spawns() { holds_spawns_ = true; }

    void spawned();
    void spawn_fails(const std::string& reason);
    void dependencies_become(bool ready);
    void forbid_start();
    void kill();
    void forgive_silence();
    void handle(const Event& event);

    // Ticks at every deadline on the way.
    void advance(Duration by);

    // Nothing is told of time that passes.
    void pass_unnoticed(Duration by) { now_ += by; }

    // Spawns and signals since the last call.
    std::vector<std::string> effects();
    // Announcements since the last call.
    std::vector<effect::Announce> announcements();

    State state() const { return life_.state(); }

    ProgramView view() const { return life_.view(); }

    Generation generation() const { return life_.view().generation; }

private:
    void take(Effects effects);

    Program program_;
    TimePoint now_;
    Lifecycle life_;
    bool holds_spawns_ = false;
    std::vector<std::string> effects_;
    std::vector<effect::Announce> announcements_;
};

class FleetHarness {
public:
    explicit FleetHarness(std::vector<Program> programs, FleetRules rules = {});

    void start();
    void request_start(const std::string& name);
    void request_stop(const std::string& name);
    void request_restart(const std::string& name);
    void stop_all(Duration timeout = 25s);
    void hurry();
    // The error is returned, never thrown; effects are taken as those of an event.
    Result<ReloadChanges> reload(std::vector<Program> programs);

    void set_stop_timeout(Duration stop_timeout) {
        fleet_.set_rules({.stop_timeout = stop_timeout});
    }

    void report_ready(const std::string& name);
    void report_heartbeat(const std::string& name);
    void exits(const std::string& name, int code);
    void dies_of(const std::string& name, int signal);
    void cannot_be_signalled(const std::string& name);
    void advance(Duration by);
    // The supervisor does not run for that long; then it is woken once.
    void sleep(Duration by);

    std::vector<std::string> effects();
    std::vector<std::string> announcements();
    ProgramView view(const std::string& name) const;

    Overall overall() const { return fleet_.view().overall; }

    // Of all programs that there are, in start order.
    std::vector<ProgramName> program_names() const {
        std::vector<ProgramName> names;
        for (const ProgramView& program : fleet_.view().programs) {
            names.push_back(program.name);
        }
        return names;
    }

    bool ready_once() const { return fleet_.view().ready_once; }

    const std::optional<effect::Finish>& finished() const { return finish_; }

private:
    Generation generation(const std::string& name) const;
    void handle(const Event& event);
    void take(Effects effects);

    TimePoint now_;
    Fleet fleet_;
    std::vector<std::string> effects_;
    std::vector<std::string> announcements_;
    std::optional<effect::Finish> finish_;
};

}  // namespace elasticbot::supervisor
