// Life of one program: from the wish to start it to the end of its process, restarts included.
#pragma once

#include <elasticbot/supervisor/fleet/backoff.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisor/fleet/state.hpp>
#include <elasticbot/supervisor/fleet/view.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::supervisor {

using Effects = std::vector<Effect>;

// Pure. The table of transitions stands in lifecycle.cpp. Knows no other program: the fleet tells
// it whether its dependencies are ready and when nothing may start any more. Effects are appended
// to `out`.
class Lifecycle {
public:
    // `program` outlives this. `seed` feeds the jitter of the back-off. Generations count on from
    // `before`.
    Lifecycle(const Program& program, std::uint64_t seed, Generation before = {});

    // Events of other programs must not come here; StopAll and HurryRequested are the fleet's and
    // ignored.
    void handle(const Event& event, TimePoint now, Effects& out);
    // Acts on what is due at `now`.
    void tick(TimePoint now, Effects& out);
    std::optional<TimePoint> next_deadline() const;

    // Whether all of `after` are ready; a waiting program starts when they are. Initially true.
    void set_dependencies_ready(bool ready, TimePoint now, Effects& out);
    // Nothing is spawned from now on. What waits for a start is stopped; a process stays until it
    // is told to stop.
    void forbid_start(TimePoint now, Effects& out);
    // SIGKILL whatever process there is, without its grace period.
    void kill(TimePoint now, const std::string& reason, Effects& out);
    // The supervisor itself slept: silence until `now` proves nothing, every wait for a sign begins
    // anew.
    void forgive_silence(TimePoint now);

    // The same program at another address.
    void move_to(const Program& program) { program_ = &program; }

    const Program& program() const { return *program_; }

    State state() const { return state_; }

    // Ready, or completed: those that are `after` it may start.
    bool is_ready() const;

    // A process exists, or its spawn has not been answered yet.
    bool has_process() const { return process_ != Process::none; }

    // Whether it runs or will, without anybody's help, start again.
    bool is_active() const;

    // Somebody wanted it to run; a program that was never wanted is not missed.
    bool was_wanted() const { return was_wanted_; }

    // Failed to stop, not to run: somebody told it to, and it may not be signalled.
    bool has_refused_to_stop() const { return has_refused_to_stop_; }

    // Whether, as things stand, it is meant to run or to have run: all but stopped by somebody.
    bool is_wanted() const;

    // Nothing has gone wrong yet on its way up (a one-shot: to its end).
    bool is_in_first_start() const;
    // It died, and its dependencies must be ready before it starts again.
    bool waits_after_death() const;

    const std::string& reason() const { return reason_; }

    Generation generation() const { return generation_; }

    const std::optional<ExitStatus>& last_exit() const { return last_exit_; }

    // All but `waiting_for`, which the fleet knows.
    ProgramView view() const;

private:
    enum class Process { none, spawning, alive };
    // What the end of a process that was told to stop leads to.
    enum class AfterStop { stay_stopped, start_again, count_as_crash };

    void on(const event::StartRequested& event, TimePoint now, Effects& out);
    void on(const event::StopRequested& event, TimePoint now, Effects& out);
    void on(const event::RestartRequested& event, TimePoint now, Effects& out);
    void on(const event::StopAll& event, TimePoint now, Effects& out);
    void on(const event::HurryRequested& event, TimePoint now, Effects& out);
    void on(const event::Spawned& event, TimePoint now, Effects& out);
    void on(const event::SpawnFailed& event, TimePoint now, Effects& out);
    void on(const event::ReadyReported& event, TimePoint now, Effects& out);
    void on(const event::HeartbeatReceived& event, TimePoint now, Effects& out);
    void on(const event::StatusReported& event, TimePoint now, Effects& out);
    void on(const event::SignalRefused& event, TimePoint now, Effects& out);
    void on(const event::Exited& event, TimePoint now, Effects& out);

    bool is_current(Generation generation) const;
    void start_when_ready(TimePoint now, Effects& out);
    void spawn(TimePoint now, Effects& out);
    void become_ready(TimePoint now, Effects& out);
    void begin_stop(AfterStop then, TimePoint now, Effects& out);
    void send_stop_signal(TimePoint now, Effects& out);
    void send_kill(std::string reason, TimePoint now, Effects& out);
    void signal_kill(TimePoint now, Effects& out);
    void give_up_on(effect::Announce::What what, std::string reason, TimePoint now, Effects& out);
    void end_of_stop(TimePoint now, Effects& out);
    void die(effect::Announce::What what, Duration lived, TimePoint now, Effects& out);
    void fail_to_start(effect::Announce::What what, Duration lived, TimePoint now, Effects& out);
    void try_again(
        effect::Announce::What what, Duration lived, Duration delay, TimePoint now, Effects& out
    );
    void fail(effect::Announce::What what, Duration lived, std::string reason, Effects& out);
    void become_stopped(Effects& out, Duration lived = {});
    void forget_deaths();
    bool was_up() const;
    bool is_failed_start() const;
    bool ended_as_wanted(const ExitStatus& status) const;
    bool ended_as_if_told(const ExitStatus& status) const;
    Duration uptime(TimePoint now) const;
    void announce(effect::Announce::What what, Effects& out, Duration after = {}) const;

    const Program* program_;
    Jitter jitter_;
    RestartHistory history_;

    State state_ = State::stopped;
    Process process_ = Process::none;
    AfterStop after_stop_ = AfterStop::stay_stopped;
    bool is_ready_ = false;        // Said by this very process, and not told to stop since.
    bool has_been_ready_ = false;  // This very process, at any time.
    bool was_spawned_ = false;     // This very process.
    bool has_exited_ = false;      // `last_exit_` is that of the present generation.
    bool has_refused_to_stop_ = false;
    bool dependencies_ready_ = true;
    bool may_start_ = true;
    bool was_wanted_ = false;
    int restarts_ = 0;
    int failed_starts_ = 0;  // In a row.

    // What the state waits for: start_seconds or readiness, the longest run of a one-shot, the
    // grace period, the next SIGKILL, the delay.
    std::optional<TimePoint> deadline_;
    std::optional<TimePoint> heartbeat_due_;

    Generation generation_;
    Pid pid_;
    std::optional<TimePoint> started_;
    std::optional<Duration> took_;
    std::optional<ExitStatus> last_exit_;
    std::optional<TimePoint> last_exit_at_;
    std::optional<TimePoint> last_heartbeat_;
    std::string status_text_;
    std::string reason_;
};

}  // namespace elasticbot::supervisor
