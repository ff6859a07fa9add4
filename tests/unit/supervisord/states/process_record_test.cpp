// What clients of supervisord see and read of a process, step by step, driven by a real lifecycle.
// (supervisord-compat.md 6, 9 and 14.4)
#include <elasticbot/supervisor/fleet/lifecycle.hpp>
#include <elasticbot/supervisord/states/process_record.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::supervisord {
namespace {

using supervisor::Effects;
using supervisor::Lifecycle;
using supervisor::Program;
using testing::ElementsAre;
using testing::IsEmpty;

namespace effect = supervisor::effect;
namespace event = supervisor::event;

constexpr TimePoint beginning{1h};
constexpr WallTime wall_beginning{std::chrono::seconds(1'790'000'000)};
const Pid pid_of_first{123};

// As from_supervisord() makes them of a section with a command alone.
Program usual() {
    Program program;
    program.name = ProgramName("g:x");
    program.restart = supervisor::RestartPolicy::on_failure;
    program.start_retries = supervisor::StartRetries{};
    program.backoff = {.first = 100ms, .limit = 5s, .healthy_after = 2s, .jitter = 0};
    program.budget.max_restarts = 0;
    program.stop_whole_group = false;
    program.kill_whole_group = false;
    return program;
}

// "STARTING>RUNNING pid 123"; tries and expected where the event has them.
std::string describe(const Transition& transition) {
    std::string text = fmt::format("{}>{}", to_string(transition.from), to_string(transition.to));
    switch (transition.to) {
        case ProcessState::starting:
        case ProcessState::backoff:
            return text + fmt::format(" tries {}", transition.tries);
        case ProcessState::running:
        case ProcessState::stopping:
        case ProcessState::stopped:
            return text + fmt::format(" pid {}", transition.pid.value());
        case ProcessState::exited:
            return text +
                   fmt::format(
                       " expected {} pid {}", transition.expected ? 1 : 0, transition.pid.value()
                   );
        case ProcessState::fatal:
        case ProcessState::unknown:
            break;
    }
    return text;
}

// A lifecycle with a clock, and the record that hears of it.
class Process {
public:
    explicit Process(Program program = usual())
        : program_(std::move(program)),
          now_(beginning),
          life_(program_, 1),
          record_("x", "g", program_) {}

    void start() { handle(event::StartRequested{program_.name}); }

    void stop() { handle(event::StopRequested{program_.name}); }

    void exits(int code) {
        handle(event::Exited{program_.name, life_.generation(), {.code = code}});
    }

    void dies_of(int signal, bool core_dumped = false) {
        handle(event::Exited{
            program_.name, life_.generation(), {.signal = signal, .core_dumped = core_dumped}
        });
    }

    void cannot_be_signalled(std::string reason) {
        handle(event::SignalRefused{program_.name, life_.generation(), std::move(reason)});
    }

    void reports_ready() { handle(event::ReadyReported{program_.name, life_.generation()}); }

    void start_and_run() {
        start();
        advance(program_.start_seconds);
        take();
    }

    void cannot_be_spawned(std::string reason) { spawn_error_ = std::move(reason); }

    void is_shut_down() {
        is_shutdown_ = true;
        Effects out;
        life_.forbid_start(now_, out);
        perform(std::move(out));
    }

    void depends_on_others_that_are(bool ready) {
        Effects out;
        life_.set_dependencies_ready(ready, now_, out);
        perform(std::move(out));
    }

    void kill() {
        Effects out;
        life_.kill(now_, "told to hurry", out);
        perform(std::move(out));
    }

    void advance(Duration by) {
        const TimePoint end = now_ + by;
        while (life_.next_deadline() && *life_.next_deadline() <= end) {
            now_ = *life_.next_deadline();
            Effects out;
            life_.tick(now_, out);
            perform(std::move(out));
        }
        now_ = end;
    }

    void pass_unnoticed(Duration by) { now_ += by; }

    // Since the last call; lines of `debug` are left out.
    std::vector<std::string> transitions() { return std::exchange(transitions_, {}); }

    std::vector<std::string> lines() { return std::exchange(lines_, {}); }

    void take() {
        transitions();
        lines();
    }

    const ProcessRecord& record() const { return record_; }

    WallTime wall() const {
        return wall_beginning +
               std::chrono::duration_cast<std::chrono::milliseconds>(now_ - beginning);
    }

private:
    void handle(const supervisor::Event& event) {
        Effects out;
        life_.handle(event, now_, out);
        perform(std::move(out));
    }

    // As the driver does: spawns first, what they cause comes last.
    void perform(Effects effects) {
        Effects caused;
        for (const auto& next : effects) {
            if (const auto* spawn = std::get_if<effect::Spawn>(&next)) {
                if (spawn_error_.empty()) {
                    life_.handle(
                        event::Spawned{spawn->program, spawn->generation, Pid(next_pid_++)},
                        now_,
                        caused
                    );
                } else {
                    const Error error{Errc::not_found, spawn_error_};
                    life_.handle(
                        event::SpawnFailed{spawn->program, spawn->generation, error}, now_, caused
                    );
                }
            }
        }
        for (const auto& next : effects) {
            if (const auto* announce = std::get_if<effect::Announce>(&next)) {
                hear(*announce);
            }
        }
        if (!caused.empty()) {
            perform(std::move(caused));
        }
    }

    void hear(const effect::Announce& announce) {
        const Circumstances circumstances{
            .pid = life_.view().pid, .now = wall(), .is_shutdown = is_shutdown_, .spawn_error = {}
        };
        const Change change = record_.on(announce, circumstances);
        for (const Transition& transition : change.transitions) {
            transitions_.push_back(describe(transition));
        }
        for (const LogLine& line : change.lines) {
            if (line.level != LogLevel::debug) {
                lines_.push_back(fmt::format("{} {}", to_string(line.level), line.text));
            }
        }
    }

    Program program_;
    TimePoint now_;
    Lifecycle life_;
    ProcessRecord record_;
    std::int32_t next_pid_ = pid_of_first.value();
    std::string spawn_error_;
    bool is_shutdown_ = false;
    std::vector<std::string> transitions_;
    std::vector<std::string> lines_;
};

TEST(ProcessRecord, IsStoppedAndHasNeverRunAtFirst) {
    const Process x;

    EXPECT_EQ(x.record().state(), ProcessState::stopped);
    EXPECT_EQ(x.record().pid(), Pid(0));
    EXPECT_EQ(x.record().started(), WallTime{});
    EXPECT_EQ(x.record().stopped(), WallTime{});
    EXPECT_EQ(x.record().exit_status(), 0);
    EXPECT_EQ(x.record().spawn_error(), "");
}

// 6, STOPPED → STARTING → RUNNING; row 1 of 16
TEST(ProcessRecord, StartsAndRuns) {
    Process x;

    x.start();
    EXPECT_THAT(x.transitions(), ElementsAre("STOPPED>STARTING tries 0"));
    EXPECT_THAT(x.lines(), ElementsAre("info spawned: 'x' with pid 123"));
    EXPECT_EQ(x.record().started(), wall_beginning);
    x.advance(1s);

    EXPECT_THAT(x.transitions(), ElementsAre("STARTING>RUNNING pid 123"));
    EXPECT_THAT(
        x.lines(),
        ElementsAre("info success: x entered RUNNING state, process has stayed up for > than 1 "
                    "seconds (startsecs)")
    );
    EXPECT_EQ(x.record().pid(), pid_of_first);
    EXPECT_EQ(x.record().stopped(), WallTime{});
}

// 6, with startsecs=0
TEST(ProcessRecord, RunsAtOnceWithoutStartSeconds) {
    Program program = usual();
    program.start_seconds = 0s;
    Process x(program);

    x.start();

    EXPECT_THAT(
        x.transitions(), ElementsAre("STOPPED>STARTING tries 0", "STARTING>RUNNING pid 123")
    );
}

// 6, RUNNING → EXITED; row 5 of 16
TEST(ProcessRecord, ExitsAsExpected) {
    Program program = usual();
    program.expected_exit_codes = {5};
    Process x(program);
    x.start_and_run();
    x.advance(1s);

    x.exits(5);

    EXPECT_THAT(x.transitions(), ElementsAre("RUNNING>EXITED expected 1 pid 123"));
    EXPECT_THAT(x.lines(), ElementsAre("info exited: x (exit status 5; expected)"));
    EXPECT_EQ(x.record().exit_status(), 5);
    EXPECT_EQ(x.record().spawn_error(), "");
    EXPECT_EQ(x.record().pid(), Pid(0));
    EXPECT_EQ(x.record().stopped(), wall_beginning + 2s);
    EXPECT_FALSE(x.record().will_start());
}

// Row 7 of 16
TEST(ProcessRecord, NamesABadExitCode) {
    Program program = usual();
    program.restart = supervisor::RestartPolicy::never;
    Process x(program);
    x.start_and_run();

    x.exits(5);

    EXPECT_THAT(x.transitions(), ElementsAre("RUNNING>EXITED expected 0 pid 123"));
    EXPECT_THAT(x.lines(), ElementsAre("warn exited: x (exit status 5; not expected)"));
    EXPECT_EQ(x.record().spawn_error(), "Bad exit code 5");
    EXPECT_FALSE(x.record().will_start());
}

// Rows 6 and 8 of 16: the successor is spawned before the death is told.
TEST(ProcessRecord, IsStartedAgainAfterACrash) {
    Process x;
    x.start_and_run();
    x.advance(2s);

    x.dies_of(SIGKILL);

    EXPECT_THAT(
        x.transitions(), ElementsAre("RUNNING>EXITED expected 0 pid 123", "EXITED>STARTING tries 0")
    );
    EXPECT_THAT(
        x.lines(),
        ElementsAre(
            "warn exited: x (terminated by SIGKILL; not expected)", "info spawned: 'x' with pid 124"
        )
    );
    EXPECT_EQ(x.record().exit_status(), 0);
    EXPECT_EQ(x.record().spawn_error(), "");
    EXPECT_EQ(x.record().pid(), Pid(124));
    EXPECT_EQ(x.record().stopped(), wall_beginning + 3s);
}

// 9: 'with (core dumped) before the ; when so'
TEST(ProcessRecord, TellsOfACoreDump) {
    Process x;
    x.start_and_run();

    x.dies_of(SIGSEGV, true);

    EXPECT_EQ(
        x.lines().front(), "warn exited: x (terminated by SIGSEGV (core dumped); not expected)"
    );
}

// 15.1: the floor under restarts is no BACKOFF.
TEST(ProcessRecord, IsExitedDuringTheDelayAfterARun) {
    Process x;
    x.start_and_run();
    x.exits(1);
    x.advance(1s);
    x.take();

    x.exits(1);

    EXPECT_THAT(x.transitions(), ElementsAre("RUNNING>EXITED expected 0 pid 124"));
    EXPECT_TRUE(x.record().will_start());
    x.advance(100ms);
    EXPECT_THAT(x.transitions(), ElementsAre("EXITED>STARTING tries 0"));
    EXPECT_FALSE(x.record().will_start());
}

TEST(ProcessRecord, IsStoppedByHandDuringTheDelayAfterARun) {
    Process x;
    x.start_and_run();
    x.exits(1);
    x.advance(1s);
    x.exits(1);
    x.take();

    x.stop();

    EXPECT_THAT(x.transitions(), ElementsAre("EXITED>STOPPED pid 0"));
    EXPECT_THAT(x.lines(), IsEmpty());
    EXPECT_FALSE(x.record().will_start());
}

// 6, STARTING → BACKOFF → … → FATAL; row 2 of 16
TEST(ProcessRecord, BacksOffAndGivesUp) {
    Program program = usual();
    program.start_retries = supervisor::StartRetries{.most = 2};
    Process x(program);
    x.start();
    x.exits(1);
    EXPECT_EQ(x.record().spawn_error(), "Exited too quickly (process log may have details)");
    EXPECT_EQ(x.record().exit_status(), 0);
    EXPECT_EQ(x.record().tries(), 1);
    EXPECT_TRUE(x.record().will_start());
    x.advance(1s);
    x.exits(1);
    x.advance(2s);

    x.exits(1);

    EXPECT_THAT(
        x.transitions(),
        ElementsAre(
            "STOPPED>STARTING tries 0",
            "STARTING>BACKOFF tries 1",
            "BACKOFF>STARTING tries 1",
            "STARTING>BACKOFF tries 2",
            "BACKOFF>STARTING tries 2",
            "STARTING>BACKOFF tries 3",
            "BACKOFF>FATAL"
        )
    );
    EXPECT_THAT(
        x.lines(),
        ElementsAre(
            "info spawned: 'x' with pid 123",
            "warn exited: x (exit status 1; not expected)",
            "info spawned: 'x' with pid 124",
            "warn exited: x (exit status 1; not expected)",
            "info spawned: 'x' with pid 125",
            "warn exited: x (exit status 1; not expected)",
            "info gave up: x entered FATAL state, too many start retries too quickly"
        )
    );
    EXPECT_EQ(x.record().tries(), 0);
    EXPECT_FALSE(x.record().will_start());
    EXPECT_EQ(x.record().spawn_error(), "Exited too quickly (process log may have details)");
}

// Row 3 of 16
TEST(ProcessRecord, BacksOffAfterAnExpectedCodeBeforeStartSeconds) {
    Process x;
    x.start();
    x.take();

    x.exits(0);

    EXPECT_THAT(x.transitions(), ElementsAre("STARTING>BACKOFF tries 1"));
    EXPECT_THAT(x.lines(), ElementsAre("warn exited: x (exit status 0; not expected)"));
}

// 6, 'passes through RUNNING first'
TEST(ProcessRecord, PassesThroughRunningWhenTheTimerWasLate) {
    Program program = usual();
    program.restart = supervisor::RestartPolicy::never;
    Process x(program);
    x.start();
    x.take();

    x.pass_unnoticed(1s);
    x.exits(0);

    EXPECT_THAT(
        x.transitions(),
        ElementsAre("STARTING>RUNNING pid 123", "RUNNING>EXITED expected 1 pid 123")
    );
}

// Row 17 of 16
TEST(ProcessRecord, BacksOffWhenItCannotBeSpawned) {
    Program program = usual();
    program.start_retries = supervisor::StartRetries{.most = 1};
    Process x(program);
    x.cannot_be_spawned("can't find command '/no/such'");

    x.start();
    x.advance(1s);

    EXPECT_THAT(
        x.transitions(),
        ElementsAre(
            "STOPPED>STARTING tries 0",
            "STARTING>BACKOFF tries 1",
            "BACKOFF>STARTING tries 1",
            "STARTING>BACKOFF tries 2",
            "BACKOFF>FATAL"
        )
    );
    EXPECT_THAT(
        x.lines(),
        ElementsAre(
            "info spawnerr: can't find command '/no/such'",
            "info spawnerr: can't find command '/no/such'",
            "info gave up: x entered FATAL state, too many start retries too quickly"
        )
    );
    EXPECT_EQ(x.record().spawn_error(), "can't find command '/no/such'");
    EXPECT_EQ(x.record().stopped(), WallTime{});
}

TEST(ProcessRecord, SaysWhatTheReferenceSaysOfAFailedSpawn) {
    ProcessRecord record("x", "g", usual());
    const effect::Announce failed{
        .what = effect::Announce::What::spawn_failed,
        .state = supervisor::State::backoff,
        .failed_starts = 1,
        .reason = "cannot find x in PATH"
    };

    record.on(failed, {.pid = {}, .now = wall_beginning, .spawn_error = "can't find command 'x'"});

    EXPECT_EQ(record.spawn_error(), "can't find command 'x'");
}

// 6, STARTING/RUNNING → STOPPING → STOPPED; 'INFO only when the code is in exitcodes, else WARN'
TEST(ProcessRecord, IsStopped) {
    Process x;
    x.start_and_run();

    x.stop();
    EXPECT_THAT(x.transitions(), ElementsAre("RUNNING>STOPPING pid 123"));
    EXPECT_THAT(x.lines(), IsEmpty());
    x.dies_of(SIGTERM);

    EXPECT_THAT(x.transitions(), ElementsAre("STOPPING>STOPPED pid 123"));
    EXPECT_THAT(x.lines(), ElementsAre("warn stopped: x (terminated by SIGTERM)"));
    EXPECT_EQ(x.record().exit_status(), -1);
    EXPECT_EQ(x.record().pid(), Pid(0));
    EXPECT_EQ(x.record().stopped(), x.wall());
}

TEST(ProcessRecord, IsStoppedWithAnExpectedCode) {
    Process x;
    x.start();
    x.stop();
    x.take();

    x.exits(0);

    EXPECT_THAT(x.lines(), ElementsAre("info stopped: x (exit status 0)"));
    EXPECT_EQ(x.record().exit_status(), 0);
}

// Row 9 of 16; 6, STOPPING → STOPPING
TEST(ProcessRecord, IsKilledWhenItDoesNotStop) {
    Program program = usual();
    program.grace_period = 2s;
    Process x(program);
    x.start_and_run();
    x.stop();
    x.take();

    x.advance(2s);
    EXPECT_THAT(x.transitions(), IsEmpty());
    EXPECT_THAT(x.lines(), ElementsAre("warn killing 'x' (123) with SIGKILL"));
    x.advance(2s);
    EXPECT_THAT(x.lines(), ElementsAre("warn killing 'x' (123) with SIGKILL"));
    x.dies_of(SIGKILL);

    EXPECT_THAT(x.transitions(), ElementsAre("STOPPING>STOPPED pid 123"));
    EXPECT_EQ(x.record().exit_status(), -1);
}

// Row 35 of 16
TEST(ProcessRecord, IsStoppedAtOnceInBackoff) {
    Process x;
    x.start();
    x.exits(1);
    x.take();

    x.stop();
    x.advance(1h);

    EXPECT_THAT(x.transitions(), ElementsAre("BACKOFF>STOPPED pid 0"));
    EXPECT_THAT(x.lines(), IsEmpty());
}

// FIX of 6: the count begins anew.
TEST(ProcessRecord, ForgetsFailedStartsWithAStopInBackoff) {
    Process x;
    x.start();
    x.exits(1);
    x.stop();
    x.take();

    x.start();

    EXPECT_THAT(x.transitions(), ElementsAre("STOPPED>STARTING tries 0"));
}

// 7: 'BACKOFF becomes FATAL'
TEST(ProcessRecord, IsFatalWhenAShutdownFindsItInBackoff) {
    Process x;
    x.start();
    x.exits(1);
    x.take();

    x.is_shut_down();

    EXPECT_THAT(x.transitions(), ElementsAre("BACKOFF>FATAL"));
}

TEST(ProcessRecord, IsFatalWhenItFailsToStartDuringAShutdown) {
    Process x;
    x.start();
    x.take();
    x.is_shut_down();

    x.exits(1);

    EXPECT_THAT(x.transitions(), ElementsAre("STARTING>BACKOFF tries 1", "BACKOFF>FATAL"));
}

TEST(ProcessRecord, StaysExitedWhenAShutdownFindsItInTheDelayAfterARun) {
    Process x;
    x.start_and_run();
    x.exits(1);
    x.advance(1s);
    x.exits(1);
    x.take();

    x.is_shut_down();

    EXPECT_THAT(x.transitions(), IsEmpty());
    EXPECT_EQ(x.record().state(), ProcessState::exited);
    EXPECT_FALSE(x.record().will_start());
}

TEST(ProcessRecord, HasExitedWhenSomebodyElseEndsItBeforeItsTurnInAShutdown) {
    Process x;
    x.start_and_run();
    x.is_shut_down();

    x.dies_of(SIGTERM);

    EXPECT_THAT(x.transitions(), ElementsAre("RUNNING>EXITED expected 0 pid 123"));
    EXPECT_THAT(x.lines(), ElementsAre("warn exited: x (terminated by SIGTERM; not expected)"));
}

TEST(ProcessRecord, IsStoppingWhenItIsKilledWithoutBeingAsked) {
    Process x;
    x.start_and_run();

    x.kill();
    x.dies_of(SIGKILL);

    EXPECT_THAT(
        x.transitions(), ElementsAre("RUNNING>STOPPING pid 123", "STOPPING>STOPPED pid 123")
    );
}

// Our `after` key: as STARTING.
TEST(ProcessRecord, IsStartingWhileItWaitsForOthers) {
    Process x;
    x.depends_on_others_that_are(false);

    x.start();
    EXPECT_THAT(x.transitions(), ElementsAre("STOPPED>STARTING tries 0"));
    EXPECT_THAT(x.lines(), IsEmpty());
    EXPECT_EQ(x.record().pid(), Pid(0));
    x.advance(5s);
    x.depends_on_others_that_are(true);

    EXPECT_THAT(x.transitions(), IsEmpty());
    EXPECT_THAT(x.lines(), ElementsAre("info spawned: 'x' with pid 123"));
    EXPECT_EQ(x.record().started(), wall_beginning + 5s);
}

TEST(ProcessRecord, CanBeStoppedWhileItWaitsForOthers) {
    Process x;
    x.depends_on_others_that_are(false);
    x.start();
    x.take();

    x.stop();

    EXPECT_THAT(x.transitions(), ElementsAre("STARTING>STOPPING pid 0", "STOPPING>STOPPED pid 0"));
    EXPECT_THAT(x.lines(), IsEmpty());
}

// Our `ready` key: who does not become ready has exited too quickly.
TEST(ProcessRecord, BacksOffWhenItIsNotReadyInTime) {
    Program program = usual();
    program.readiness = supervisor::readiness::Notify{};
    program.ready_timeout = 5s;
    Process x(program);
    x.start();
    x.take();

    x.advance(5s);
    EXPECT_THAT(x.transitions(), IsEmpty());
    EXPECT_THAT(x.lines(), ElementsAre("warn ending x: not ready in 5s"));
    x.dies_of(SIGTERM);

    EXPECT_THAT(x.transitions(), ElementsAre("STARTING>BACKOFF tries 1"));
}

// Our `heartbeat_timeout` key, and a stop that comes in between.
TEST(ProcessRecord, IsStoppedByHandWhileItIsEndedForItsSilence) {
    Program program = usual();
    program.readiness = supervisor::readiness::Notify{};
    program.heartbeat_timeout = 5s;
    Process x(program);
    x.start();
    x.reports_ready();
    x.advance(5s);
    x.take();

    x.stop();
    x.dies_of(SIGTERM);

    EXPECT_THAT(
        x.transitions(), ElementsAre("RUNNING>STOPPING pid 123", "STOPPING>STOPPED pid 123")
    );
}

// Our `kind = one_shot`: runs from its spawn.
TEST(ProcessRecord, RunsAndExitsAsAOneShot) {
    Program program = usual();
    program.kind = supervisor::Kind::one_shot;
    program.ready_timeout = 0s;
    Process x(program);

    x.start();
    x.exits(0);

    EXPECT_THAT(
        x.transitions(),
        ElementsAre(
            "STOPPED>STARTING tries 0",
            "STARTING>RUNNING pid 123",
            "RUNNING>EXITED expected 1 pid 123"
        )
    );
}

// 6, any → UNKNOWN
TEST(ProcessRecord, IsUnknownWhenItCannotBeSignalled) {
    Process x;
    x.start_and_run();
    x.stop();
    x.take();

    x.cannot_be_signalled("operation not permitted");

    EXPECT_EQ(
        x.record().signal_error(), "unknown problem killing x (123): operation not permitted"
    );
    EXPECT_EQ(x.record().pid(), Pid());
    EXPECT_THAT(x.lines(), ElementsAre("critical " + x.record().signal_error()));
    EXPECT_THAT(x.transitions(), ElementsAre("STOPPING>UNKNOWN"));
}

}  // namespace
}  // namespace elasticbot::supervisord
