// All transitions of one program, and nothing else.
//
// clang-format off
// | state              | on                                      | next                 | effects                 |
// | ------------------ | --------------------------------------- | -------------------- | ----------------------- |
// | stopped, failed,   | start or restart requested,             | starting             | spawn                   |
// | completed          | dependencies ready                      |                      |                         |
// |                    | …, dependencies not ready               | waiting              | announce                |
// | waiting            | dependencies ready                      | starting             | spawn                   |
// | starting           | spawned, one-shot                       | running              | announce starting       |
// |                    | ready reported                          | running              | announce ready          |
// |                    | `start_seconds` over, no other sign     | running              | announce ready          |
// |                    | readiness deadline passed               | stopping (crash)     | announce, stop signal   |
// |                    | ended, `start_retries` left             | backoff              | announce crash, delay   |
// |                    | ended, `start_retries` used up          | failed               | announce crash, failure |
// |                    | ended, `start_seconds` over             | running, then as     | announce ready, …       |
// |                    |                                         | there                |                         |
// | starting, running  | exited as wanted                        | completed            | announce                |
// |                    | died, first time in a healthy run       | as start requested   | announce crash          |
// |                    | died, budget left                       | backoff              | announce crash, delay   |
// |                    | died, budget used up or `never`         | failed               | announce crash, failure |
// |                    | restart requested                       | stopping (again)     | announce, stop signal   |
// |                    | stop requested                          | stopping (for good)  | announce, stop signal   |
// | running            | heartbeat missing                       | stopping (crash)     | announce, stop signal   |
// |                    | one-shot's longest run over             | stopping (crash)     | announce, stop signal   |
// | backoff            | delay over, start or restart requested  | as start requested   | spawn                   |
// | stopping, killing  | grace period over (again)               | killing              | announce, KILL          |
// | stopping, killing  | stop requested                          | same, for good       | –                       |
// |                    | start or restart requested              | same, to start again | –                       |
// |                    | exited, for good                        | stopped              | announce                |
// |                    | exited, to start again                  | as start requested   | announce, spawn         |
// |                    | exited, as a crash                      | as died              | announce                |
// | waiting, backoff,  | stop requested                          | stopped              | announce                |
// | failed, completed  |                                         |                      |                         |
// | any with a process | kill                                    | killing              | announce, KILL          |
// | any with a process | spawn failed                            | as died              | announce the reason     |
// | any with a process | signal refused                          | failed               | announce the reason     |
// | any                | event of an older generation            | same                 | –                       |
// clang-format on
//
// With `start_retries`, a service that ended before it was ready, with whatever exit code, and any
// program that could not be spawned has failed to start; without them, and after readiness, a death
// is a death. `kill` comes from the fleet: whole deadline over, or told to hurry. Once starting is
// forbidden, `waiting` and `backoff` become `stopped`, requests to start are ignored, and a process
// that ends leaves its program `stopped` or `completed`, whatever it died of.
//
// Between the effect Spawn and its answer there is no pid to signal: a stop or kill is then owed
// and sent on Spawned.
#include <elasticbot/supervisor/fleet/lifecycle.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::supervisor {

using What = effect::Announce::What;

namespace {

// Between two SIGKILLs, for programs without a grace period.
constexpr Duration shortest_kill_interval = 1s;

}  // namespace

Lifecycle::Lifecycle(const Program& program, std::uint64_t seed, Generation before)
    : program_(&program), jitter_(seed), generation_(before) {}

void Lifecycle::handle(const Event& event, TimePoint now, Effects& out) {
    std::visit([&](const auto& happened) { on(happened, now, out); }, event);
}

void Lifecycle::on(const event::StartRequested&, TimePoint now, Effects& out) {
    if (!may_start_) {
        return;
    }
    was_wanted_ = true;
    switch (state_) {
        case State::stopped:
        case State::failed:
        case State::completed:
        case State::backoff:
            forget_deaths();
            start_when_ready(now, out);
            break;
        case State::stopping:
        case State::killing:
            after_stop_ = AfterStop::start_again;
            break;
        case State::waiting:
        case State::starting:
        case State::running:
            break;
    }
}

void Lifecycle::on(const event::StopRequested&, TimePoint now, Effects& out) {
    forget_deaths();
    switch (state_) {
        case State::starting:
        case State::running:
            begin_stop(AfterStop::stay_stopped, now, out);
            break;
        case State::stopping:
        case State::killing:
            after_stop_ = AfterStop::stay_stopped;
            break;
        case State::waiting:
        case State::backoff:
        case State::failed:
        case State::completed:
            become_stopped(out);
            break;
        case State::stopped:
            break;
    }
}

void Lifecycle::on(const event::RestartRequested&, TimePoint now, Effects& out) {
    if (!may_start_) {
        return;
    }
    if (state_ == State::starting || state_ == State::running) {
        forget_deaths();
        begin_stop(AfterStop::start_again, now, out);
    } else {
        on(event::StartRequested{program_->name}, now, out);
    }
}

void Lifecycle::on(const event::StopAll&, TimePoint, Effects&) {}

void Lifecycle::on(const event::HurryRequested&, TimePoint, Effects&) {}

void Lifecycle::on(const event::Spawned& event, TimePoint now, Effects& out) {
    if (!is_current(event.generation) || process_ != Process::spawning) {
        return;
    }
    process_ = Process::alive;
    was_spawned_ = true;
    pid_ = event.pid;
    started_ = now;

    if (state_ == State::stopping) {
        return send_stop_signal(now, out);
    }
    if (state_ == State::killing) {
        return signal_kill(now, out);
    }

    const bool has_limit = program_->ready_timeout > Duration::zero();
    if (program_->kind == Kind::one_shot) {
        state_ = State::running;
        if (has_limit) {
            deadline_ = now + program_->ready_timeout;
        }
        if (program_->heartbeat_timeout > Duration::zero()) {
            heartbeat_due_ = now + program_->heartbeat_timeout;
        }
        announce(What::starting, out);
        return;
    }
    announce(What::starting, out);
    if (!std::holds_alternative<readiness::AfterStart>(program_->readiness)) {
        if (has_limit) {
            deadline_ = now + program_->ready_timeout;
        }
    } else if (program_->start_seconds > Duration::zero()) {
        deadline_ = now + program_->start_seconds;
    } else {
        become_ready(now, out);
    }
}

void Lifecycle::on(const event::SpawnFailed& event, TimePoint now, Effects& out) {
    if (!is_current(event.generation) || process_ != Process::spawning) {
        return;
    }
    process_ = Process::none;
    reason_ = event.error.message;
    if (state_ == State::stopping || state_ == State::killing) {
        return end_of_stop(now, out);
    }
    die(What::spawn_failed, Duration::zero(), now, out);
}

void Lifecycle::on(const event::ReadyReported& event, TimePoint now, Effects& out) {
    const bool is_awaited = state_ == State::starting && process_ == Process::alive;
    if (is_current(event.generation) && is_awaited) {
        become_ready(now, out);
    }
}

void Lifecycle::on(const event::HeartbeatReceived& event, TimePoint now, Effects&) {
    if (!is_current(event.generation) || process_ != Process::alive) {
        return;
    }
    last_heartbeat_ = now;
    if (heartbeat_due_) {
        heartbeat_due_ = now + program_->heartbeat_timeout;
    }
}

void Lifecycle::on(const event::StatusReported& event, TimePoint, Effects&) {
    if (is_current(event.generation) && process_ == Process::alive) {
        status_text_ = event.text;
    }
}

// Whether it ever ends is not ours to say, so nothing waits for it.
void Lifecycle::on(const event::SignalRefused& event, TimePoint now, Effects& out) {
    if (!is_current(event.generation) || process_ != Process::alive) {
        return;
    }
    process_ = Process::none;
    state_ = State::failed;
    has_refused_to_stop_ = after_stop_ == AfterStop::stay_stopped;
    is_ready_ = false;
    deadline_.reset();
    heartbeat_due_.reset();
    reason_ = event.reason;
    announce(What::signal_refused, out, uptime(now));
}

void Lifecycle::on(const event::Exited& event, TimePoint now, Effects& out) {
    if (!is_current(event.generation) || process_ == Process::none) {
        return;
    }
    const Duration lived = uptime(now);
    // The timer may be late: who lived long enough has started.
    const bool is_started_by_time =
        state_ == State::starting && process_ == Process::alive &&
        std::holds_alternative<readiness::AfterStart>(program_->readiness) &&
        lived >= program_->start_seconds;
    if (is_started_by_time) {
        become_ready(now, out);
    }
    process_ = Process::none;
    has_exited_ = true;
    last_exit_ = event.status;
    last_exit_at_ = now;

    if (state_ == State::stopping || state_ == State::killing) {
        return end_of_stop(now, out);
    }
    if (!is_failed_start() && ended_as_wanted(event.status)) {
        if (program_->kind == Kind::one_shot) {
            took_ = lived;
        }
        state_ = State::completed;
        is_ready_ = false;
        deadline_.reset();
        heartbeat_due_.reset();
        reason_.clear();
        announce(What::completed, out, lived);
        return;
    }
    if (!may_start_ && ended_as_if_told(event.status)) {
        return become_stopped(out, lived);
    }
    reason_ = to_string(event.status);
    die(What::crashed, lived, now, out);
}

void Lifecycle::tick(TimePoint now, Effects& out) {
    const bool is_due = deadline_ && *deadline_ <= now;
    const bool is_silent = heartbeat_due_ && *heartbeat_due_ <= now;
    switch (state_) {
        case State::backoff:
            if (is_due) {
                start_when_ready(now, out);
            }
            break;
        case State::starting:
            if (!is_due) {
                break;
            }
            if (std::holds_alternative<readiness::AfterStart>(program_->readiness)) {
                become_ready(now, out);
            } else {
                const std::string limit = elasticbot::to_string(program_->ready_timeout);
                give_up_on(What::not_ready_in_time, "not ready in " + limit, now, out);
            }
            break;
        case State::running:
            if (is_due) {
                const std::string limit = elasticbot::to_string(program_->ready_timeout);
                give_up_on(What::not_ready_in_time, "not completed in " + limit, now, out);
            } else if (is_silent) {
                const std::string limit = elasticbot::to_string(program_->heartbeat_timeout);
                give_up_on(What::heartbeat_missing, "no heartbeat for " + limit, now, out);
            }
            break;
        case State::stopping:
            if (is_due) {
                send_kill(
                    fmt::format(
                        "grace period of {} over", elasticbot::to_string(program_->grace_period)
                    ),
                    now,
                    out
                );
            }
            break;
        case State::killing:
            if (is_due) {
                send_kill("still alive after SIGKILL", now, out);
            }
            break;
        case State::stopped:
        case State::waiting:
        case State::completed:
        case State::failed:
            break;
    }
}

std::optional<TimePoint> Lifecycle::next_deadline() const {
    if (deadline_ && heartbeat_due_) {
        return std::min(*deadline_, *heartbeat_due_);
    }
    return deadline_ ? deadline_ : heartbeat_due_;
}

void Lifecycle::set_dependencies_ready(bool ready, TimePoint now, Effects& out) {
    dependencies_ready_ = ready;
    if (ready && state_ == State::waiting) {
        spawn(now, out);
    }
}

void Lifecycle::forbid_start(TimePoint, Effects& out) {
    may_start_ = false;
    after_stop_ = AfterStop::stay_stopped;
    if (state_ == State::waiting || state_ == State::backoff) {
        become_stopped(out);
    }
}

void Lifecycle::kill(TimePoint now, const std::string& reason, Effects& out) {
    if (process_ == Process::none || state_ == State::killing) {
        return;
    }
    if (state_ != State::stopping) {
        after_stop_ = AfterStop::stay_stopped;
    }
    send_kill(reason, now, out);
}

void Lifecycle::forgive_silence(TimePoint now) {
    const bool waits_for_sign =
        state_ == State::running ||
        (state_ == State::starting &&
         !std::holds_alternative<readiness::AfterStart>(program_->readiness));
    if (deadline_ && waits_for_sign) {
        deadline_ = now + program_->ready_timeout;
    }
    if (heartbeat_due_) {
        heartbeat_due_ = now + program_->heartbeat_timeout;
    }
}

bool Lifecycle::is_ready() const {
    return is_ready_ || state_ == State::completed;
}

bool Lifecycle::is_active() const {
    return has_process() || state_ == State::backoff;
}

bool Lifecycle::is_wanted() const {
    if (state_ == State::stopping || state_ == State::killing) {
        return after_stop_ != AfterStop::stay_stopped;
    }
    return state_ != State::stopped;
}

bool Lifecycle::is_in_first_start() const {
    const bool is_on_the_way = state_ == State::waiting || state_ == State::starting ||
                               (state_ == State::running && !is_ready_);
    return is_on_the_way && restarts_ == 0;
}

bool Lifecycle::waits_after_death() const {
    return state_ == State::waiting && (failed_starts_ > 0 || !history_.is_clear());
}

bool Lifecycle::is_current(Generation generation) const {
    return generation == generation_;
}

void Lifecycle::start_when_ready(TimePoint now, Effects& out) {
    if (!may_start_) {
        return become_stopped(out);
    }
    if (dependencies_ready_) {
        return spawn(now, out);
    }
    state_ = State::waiting;
    deadline_.reset();
    announce(What::waiting, out);
}

void Lifecycle::spawn(TimePoint now, Effects& out) {
    state_ = State::starting;
    process_ = Process::spawning;
    generation_ = Generation(generation_.value() + 1);
    started_ = now;
    is_ready_ = false;
    has_been_ready_ = false;
    was_spawned_ = false;
    has_exited_ = false;
    has_refused_to_stop_ = false;
    deadline_.reset();
    heartbeat_due_.reset();
    last_heartbeat_.reset();
    took_.reset();
    status_text_.clear();
    out.emplace_back(effect::Spawn{program_->name, generation_});
}

void Lifecycle::become_ready(TimePoint now, Effects& out) {
    state_ = State::running;
    is_ready_ = true;
    has_been_ready_ = true;
    failed_starts_ = 0;
    deadline_.reset();
    reason_.clear();
    if (program_->heartbeat_timeout > Duration::zero()) {
        heartbeat_due_ = now + program_->heartbeat_timeout;
    }
    announce(What::ready, out, uptime(now));
}

void Lifecycle::begin_stop(AfterStop then, TimePoint now, Effects& out) {
    state_ = State::stopping;
    after_stop_ = then;
    is_ready_ = false;
    deadline_.reset();
    heartbeat_due_.reset();
    announce(What::stopping, out, uptime(now));
    if (process_ == Process::alive) {
        send_stop_signal(now, out);
    }
}

void Lifecycle::send_stop_signal(TimePoint now, Effects& out) {
    deadline_ = now + program_->grace_period;
    out.emplace_back(effect::Signal{
        program_->name, generation_, program_->stop_signal, program_->stop_whole_group
    });
}

void Lifecycle::send_kill(std::string reason, TimePoint now, Effects& out) {
    state_ = State::killing;
    is_ready_ = false;
    deadline_.reset();
    heartbeat_due_.reset();
    reason_ = std::move(reason);
    announce(What::killing, out, uptime(now));
    if (process_ == Process::alive) {
        signal_kill(now, out);
    }
}

// Whoever hangs in the kernel outlives one KILL.
void Lifecycle::signal_kill(TimePoint now, Effects& out) {
    deadline_ = now + std::max(program_->grace_period, shortest_kill_interval);
    out.emplace_back(
        effect::Signal{program_->name, generation_, SIGKILL, program_->kill_whole_group}
    );
}

// The process lives but does not do what it should: ends as a crash.
void Lifecycle::give_up_on(What what, std::string reason, TimePoint now, Effects& out) {
    state_ = State::stopping;
    after_stop_ = AfterStop::count_as_crash;
    is_ready_ = false;
    heartbeat_due_.reset();
    reason_ = std::move(reason);
    announce(what, out, uptime(now));
    send_stop_signal(now, out);
}

// The process is gone, and the state still says that it was told to stop.
void Lifecycle::end_of_stop(TimePoint now, Effects& out) {
    const Duration lived = uptime(now);
    deadline_.reset();
    switch (after_stop_) {
        case AfterStop::stay_stopped:
            become_stopped(out, lived);
            break;
        case AfterStop::start_again:
            become_stopped(out, lived);
            start_when_ready(now, out);
            break;
        case AfterStop::count_as_crash:
            die(What::crashed, lived, now, out);
            break;
    }
}

// After any death that nobody asked for: again, later, or not at all.
void Lifecycle::die(What what, Duration lived, TimePoint now, Effects& out) {
    failed_starts_ += was_up() ? 0 : 1;
    const Death death{.uptime = lived, .was_ready = has_been_ready_};
    is_ready_ = false;
    deadline_.reset();
    heartbeat_due_.reset();
    if (!may_start_) {
        state_ = State::stopped;
        return announce(what, out, lived);
    }
    if (is_failed_start()) {
        return fail_to_start(what, lived, now, out);
    }
    if (program_->restart == RestartPolicy::never) {
        return fail(what, lived, reason_, out);
    }

    const auto delay = history_.add(*program_, death, now, jitter_.next());
    if (!delay) {
        const auto& budget = program_->budget;
        return fail(
            what,
            lived,
            fmt::format(
                "restart budget of {} in {} used up: {}",
                budget.max_restarts,
                elasticbot::to_string(budget.window),
                reason_
            ),
            out
        );
    }
    try_again(what, lived, *delay, now, out);
}

void Lifecycle::fail_to_start(What what, Duration lived, TimePoint now, Effects& out) {
    const StartRetries& retries = *program_->start_retries;
    if (failed_starts_ <= retries.most) {
        return try_again(what, lived, failed_starts_ * retries.step, now, out);
    }
    const int starts = failed_starts_;
    fail(what, lived, fmt::format("failed starts in a row: {}: {}", starts, reason_), out);
    failed_starts_ = 0;
}

void Lifecycle::try_again(What what, Duration lived, Duration delay, TimePoint now, Effects& out) {
    ++restarts_;
    if (delay == Duration::zero()) {
        state_ = dependencies_ready_ ? State::starting : State::waiting;
        announce(what, out, lived);
        return start_when_ready(now, out);
    }
    state_ = State::backoff;
    deadline_ = now + delay;
    announce(what, out, lived);
    announce(What::backing_off, out, delay);
}

void Lifecycle::fail(What what, Duration lived, std::string reason, Effects& out) {
    state_ = State::failed;
    announce(what, out, lived);
    reason_ = std::move(reason);
    announce(What::failed, out);
}

void Lifecycle::become_stopped(Effects& out, Duration lived) {
    state_ = State::stopped;
    is_ready_ = false;
    deadline_.reset();
    heartbeat_due_.reset();
    announce(What::stopped, out, lived);
}

// Wishes of people begin a new count.
void Lifecycle::forget_deaths() {
    history_.clear();
    failed_starts_ = 0;
}

// A one-shot has no other sign than its end: it is up from its spawn.
bool Lifecycle::was_up() const {
    return has_been_ready_ || (program_->kind == Kind::one_shot && was_spawned_);
}

bool Lifecycle::is_failed_start() const {
    return program_->start_retries && !was_up();
}

bool Lifecycle::ended_as_wanted(const ExitStatus& status) const {
    const auto& expected = program_->expected_exit_codes;
    const bool is_expected =
        status.signal == 0 && std::ranges::find(expected, status.code) != expected.end();
    const bool may_end =
        program_->kind == Kind::one_shot || program_->restart != RestartPolicy::always;
    return is_expected && may_end;
}

// Some hosts signal every process at once: it was told to stop by somebody else. (deploy.md
// D-SIG-8)
bool Lifecycle::ended_as_if_told(const ExitStatus& status) const {
    if (status.signal != 0) {
        return status.signal == program_->stop_signal;
    }
    return std::ranges::find(program_->expected_exit_codes, status.code) !=
           program_->expected_exit_codes.end();
}

Duration Lifecycle::uptime(TimePoint now) const {
    return started_ ? std::max(Duration::zero(), Duration(now - *started_)) : Duration::zero();
}

void Lifecycle::announce(What what, Effects& out, Duration after) const {
    effect::Announce record{
        .program = program_->name,
        .generation = generation_,
        .what = what,
        .state = state_,
        .exit_status = has_exited_ ? last_exit_ : std::nullopt,
        .after = after,
        .restarts = restarts_,
        .was_up = was_up(),
        .failed_starts = failed_starts_,
        .reason = reason_,
    };
    out.emplace_back(std::move(record));
}

ProgramView Lifecycle::view() const {
    ProgramView view;
    view.name = program_->name;
    view.kind = program_->kind;
    view.state = state_;
    view.essential = program_->essential;
    view.ready = is_ready_;
    view.is_wanted = is_wanted();
    view.generation = generation_;
    if (process_ == Process::alive) {
        view.pid = pid_;
    }
    view.started = started_;
    view.took = took_;
    view.restarts = restarts_;
    view.failed_starts = failed_starts_;
    view.last_exit = last_exit_;
    view.last_exit_at = last_exit_at_;
    view.last_heartbeat = last_heartbeat_;
    if (state_ == State::backoff) {
        view.next_start = deadline_;
    }
    view.status_text = status_text_;
    view.reason = reason_;
    return view;
}

}  // namespace elasticbot::supervisor
