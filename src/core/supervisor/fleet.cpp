// What concerns more than one program.
//
// Starting: a program is told whether all of its `after` are ready (this very process of each) or
// completed; it spawns only then, restarts included. What runs already keeps running when a
// dependency dies.
//
// Stopping (StopAll, or a failure that the whole cannot do without): nothing is spawned any more;
// each program is told to stop as soon as all of its `stop_after` have ended, so a level stops in
// parallel; 1 s before the end of the whole budget everything that is left gets SIGKILL; at its end
// the fleet finishes even with processes that survive that.
//
// Exit code of the whole, by what ended it:
// - StopAll, and everything ended in time: 0;
// - StopAll, and something had to be killed at the whole deadline or in a hurry: 75;
// - the failure of a program that is essential, or that an essential program waits for: a
// one-shot's
//   own code if it is 64 to 78, otherwise `failure_exit_code`, or 70;
// - every program has ended by itself: 0, or that code of the first that failed.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/core/supervisor/fleet.hpp>
#include <elasticbot/core/supervisor/lifecycle.hpp>
#include <elasticbot/core/supervisor/order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace elasticbot::supervisor {

namespace {

// sysexits(3), as deploy.md D-EXIT uses them.
constexpr int exit_first_sysexit = 64;
constexpr int exit_last_sysexit = 78;
constexpr int exit_restarts_used_up = 70;
constexpr int exit_stop_timed_out = 75;

// From SIGKILL for everything to the end of the whole budget. (deploy.md D-SIG-5)
constexpr Duration kill_margin = 1s;

// Later than this behind a deadline, the supervisor itself must have slept. (hardening E2)
constexpr Duration slept = 1s;

Duration time_before_kill(Duration timeout) {
    return timeout > 2 * kill_margin ? timeout - kill_margin : timeout / 2;
}

int failure_exit_code(const Lifecycle& life) {
    const Program& program = life.program();
    if (program.kind == Kind::one_shot && life.last_exit() && life.last_exit()->signal == 0) {
        const int code = life.last_exit()->code;
        if (code >= exit_first_sysexit && code <= exit_last_sysexit) {
            return code;
        }
    }
    return program.failure_exit_code.value_or(exit_restarts_used_up);
}

}  // namespace

class Fleet::Impl {
public:
    Impl(std::vector<Program> programs, std::uint64_t seed, Duration stop_timeout);

    Effects start(TimePoint now);
    Effects handle(const Event& event, TimePoint now);
    Effects tick(TimePoint now);
    std::optional<TimePoint> next_deadline() const;
    FleetView view() const;

    bool ready_once() const { return ready_once_; }

    bool is_stopping() const { return stop_.has_value(); }

    const Program* find(const ProgramName& name) const;

private:
    using Index = std::size_t;

    struct Member {
        Member(const Program& program, std::uint64_t seed) : life(program, seed) {}

        Lifecycle life;
        std::vector<Index> needs;         // `after`
        std::vector<Index> needed_by;     // The reverse.
        std::vector<Index> stops_before;  // Reverse of `stop_after`.
        std::size_t unready_needs = 0;
        std::size_t unended_before = 0;  // Of `stop_after`.
        // What the others and the counters have heard of this member.
        bool counted_ready = false;
        bool counted_ended = true;
        bool counted_missing = false;
        bool counted_active = false;
        bool counted_living = false;
        bool counted_failed = false;
        std::optional<TimePoint> deadline;
    };

    struct Stop {
        std::string reason;
        int exit_code = 0;
        bool is_failure = false;
        TimePoint kill_at = TimePoint::max();
        TimePoint give_up_at = TimePoint::max();
        bool has_killed = false;  // The moment for SIGKILL is over.
        std::vector<std::string> killed;
    };

    void on(const event::StopAll& event, TimePoint now, Effects& out);
    void on(const event::HurryRequested& event, TimePoint now, Effects& out);
    void on(const auto& event, TimePoint now, Effects& out);

    // Calls `act(life, now, out)` on a member, then lets everything that depends on it follow.
    void with(Index index, TimePoint now, Effects& out, auto act);
    void follow(Index index, TimePoint now, Effects& out);
    void refresh_deadline(Index index);
    void follow_readiness(Index index, TimePoint now, Effects& out);
    void follow_end(Index index, TimePoint now, Effects& out);
    void follow_failure(Index index, TimePoint now, Effects& out);
    bool is_needed(Index index) const;
    std::vector<ProgramName> unready_needs(const Member& member) const;

    void begin_stop(Duration timeout, Stop stop, TimePoint now, Effects& out);
    void stop_if_free(Index index, TimePoint now, Effects& out);
    void kill_all(const std::string& reason, TimePoint now, Effects& out);
    void notice_sleep(TimePoint now);
    void finish_if_over(TimePoint now, Effects& out);
    void finish(int exit_code, std::string reason, Effects& out);
    bool is_everything_over() const;
    Overall overall() const;

    std::vector<Program> programs_;
    Duration stop_timeout_;
    std::vector<Member> members_;
    std::unordered_map<ProgramName, Index> index_of_;
    std::vector<Index> start_order_;
    std::vector<Index> stop_order_;
    std::set<std::pair<TimePoint, Index>> deadlines_;

    std::size_t active_ = 0;   // Members that run or will run by themselves.
    std::size_t living_ = 0;   // Members with a process.
    std::size_t missing_ = 0;  // Essential members that are wanted and not ready.
    bool ready_once_ = false;
    int first_bad_code_ = 0;
    std::string first_bad_reason_;
    std::optional<Stop> stop_;
    bool is_finished_ = false;
};

Fleet::Impl::Impl(std::vector<Program> programs, std::uint64_t seed, Duration stop_timeout)
    : programs_(std::move(programs)), stop_timeout_(stop_timeout) {
    auto start_order = supervisor::start_order(programs_);
    auto stop_order = supervisor::stop_order(programs_);
    ELASTICBOT_ASSERT(start_order && stop_order);
    start_order_ = std::move(*start_order);
    stop_order_ = std::move(*stop_order);

    Jitter seeds(seed);
    members_.reserve(programs_.size());
    for (const Program& program : programs_) {
        const auto own_seed = static_cast<std::uint64_t>(seeds.next() * 0x1.0p53);
        index_of_.emplace(program.name, members_.size());
        members_.emplace_back(program, own_seed);
    }
    for (Index index = 0; index < members_.size(); ++index) {
        Member& member = members_[index];
        for (const ProgramName& name : programs_[index].after) {
            const Index needed = index_of_.at(name);
            member.needs.push_back(needed);
            members_[needed].needed_by.push_back(index);
        }
        for (const ProgramName& name : programs_[index].stop_after) {
            members_[index_of_.at(name)].stops_before.push_back(index);
        }
        member.unready_needs = member.needs.size();
        Effects none;
        member.life.set_dependencies_ready(member.needs.empty(), TimePoint{}, none);
    }
}

Effects Fleet::Impl::start(TimePoint now) {
    Effects out;
    // Wanted as a whole before the first of them is ready, or that one alone would count as 'all
    // ready'.
    for (const Index index : start_order_) {
        if (programs_[index].autostart && programs_[index].essential) {
            members_[index].counted_missing = true;
            ++missing_;
        }
    }
    for (const Index index : start_order_) {
        if (!programs_[index].autostart) {
            continue;
        }
        with(index, now, out, [&](Lifecycle& life) {
            life.handle(event::StartRequested{programs_[index].name}, now, out);
        });
    }
    return out;
}

Effects Fleet::Impl::handle(const Event& event, TimePoint now) {
    Effects out;
    if (is_finished_) {
        return out;
    }
    notice_sleep(now);
    std::visit([&](const auto& happened) { on(happened, now, out); }, event);
    finish_if_over(now, out);
    return out;
}

void Fleet::Impl::on(const event::StopAll& event, TimePoint now, Effects& out) {
    begin_stop(event.timeout, Stop{.reason = event.reason}, now, out);
}

void Fleet::Impl::on(const event::HurryRequested&, TimePoint now, Effects& out) {
    if (stop_) {
        if (!stop_->has_killed) {
            kill_all("told to hurry", now, out);
        }
        return;
    }
    for (const Index index : stop_order_) {
        if (members_[index].life.state() != State::stopping) {
            continue;
        }
        with(index, now, out, [&](Lifecycle& life) { life.kill(now, "told to hurry", out); });
    }
}

void Fleet::Impl::on(const auto& event, TimePoint now, Effects& out) {
    const auto found = index_of_.find(event.program);
    if (found == index_of_.end()) {
        return;
    }
    with(found->second, now, out, [&](Lifecycle& life) { life.handle(event, now, out); });
}

Effects Fleet::Impl::tick(TimePoint now) {
    Effects out;
    if (is_finished_) {
        return out;
    }
    notice_sleep(now);
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const Index index = deadlines_.begin()->second;
        with(index, now, out, [&](Lifecycle& life) { life.tick(now, out); });
    }
    if (stop_ && !stop_->has_killed && stop_->kill_at <= now) {
        kill_all("the time for stopping everything is over", now, out);
    }
    finish_if_over(now, out);
    return out;
}

std::optional<TimePoint> Fleet::Impl::next_deadline() const {
    if (is_finished_) {
        return std::nullopt;
    }
    std::optional<TimePoint> next;
    if (!deadlines_.empty()) {
        next = deadlines_.begin()->first;
    }
    if (stop_) {
        const TimePoint of_stop = stop_->has_killed ? stop_->give_up_at : stop_->kill_at;
        next = next ? std::min(*next, of_stop) : of_stop;
    }
    return next;
}

void Fleet::Impl::with(Index index, TimePoint now, Effects& out, auto act) {
    const std::size_t first_new = out.size();
    Member& member = members_[index];
    act(member.life);
    // The life knows only that it waits, the fleet for whom.
    for (std::size_t at = first_new; at < out.size(); ++at) {
        auto* record = std::get_if<effect::Announce>(&out[at]);
        if (record == nullptr || record->what != effect::Announce::What::waiting) {
            continue;
        }
        std::vector<std::string> names;
        for (const ProgramName& name : unready_needs(member)) {
            names.push_back(name.value());
        }
        record->reason = fmt::format("waiting for {}", fmt::join(names, ", "));
    }
    follow(index, now, out);
}

void Fleet::Impl::follow(Index index, TimePoint now, Effects& out) {
    Member& member = members_[index];
    refresh_deadline(index);

    const auto count = [](bool& counted, bool holds, std::size_t& counter) {
        if (counted == holds) {
            return;
        }
        counted = holds;
        holds ? ++counter : --counter;
    };
    count(member.counted_active, member.life.is_active(), active_);
    count(member.counted_living, member.life.has_process(), living_);
    const bool is_missing =
        programs_[index].essential && member.life.was_wanted() && !member.life.is_ready();
    count(member.counted_missing, is_missing, missing_);
    ready_once_ = ready_once_ || (missing_ == 0 && member.life.is_ready());

    follow_readiness(index, now, out);
    follow_end(index, now, out);
    follow_failure(index, now, out);
}

void Fleet::Impl::refresh_deadline(Index index) {
    Member& member = members_[index];
    const auto deadline = member.life.next_deadline();
    if (deadline == member.deadline) {
        return;
    }
    if (member.deadline) {
        deadlines_.erase({*member.deadline, index});
    }
    if (deadline) {
        deadlines_.emplace(*deadline, index);
    }
    member.deadline = deadline;
}

void Fleet::Impl::follow_readiness(Index index, TimePoint now, Effects& out) {
    Member& member = members_[index];
    const bool is_ready = member.life.is_ready();
    if (is_ready == member.counted_ready) {
        return;
    }
    member.counted_ready = is_ready;
    for (const Index dependent : member.needed_by) {
        Member& other = members_[dependent];
        const bool was_ready = other.unready_needs == 0;
        is_ready ? --other.unready_needs : ++other.unready_needs;
        const bool all_ready = other.unready_needs == 0;
        if (all_ready == was_ready) {
            continue;
        }
        with(dependent, now, out, [&](Lifecycle& life) {
            life.set_dependencies_ready(all_ready, now, out);
        });
    }
}

// A member has ended for those that stop after it when it has no process and all that it stops
// after have ended, so a member in the middle of a chain that does not run lets nobody through
// early.
void Fleet::Impl::follow_end(Index index, TimePoint now, Effects& out) {
    Member& member = members_[index];
    const bool has_ended = !member.life.has_process() && member.unended_before == 0;
    if (has_ended == member.counted_ended) {
        return;
    }
    member.counted_ended = has_ended;
    for (const Index later : member.stops_before) {
        Member& other = members_[later];
        has_ended ? --other.unended_before : ++other.unended_before;
        if (stop_) {
            stop_if_free(later, now, out);
        }
        follow_end(later, now, out);
    }
}

void Fleet::Impl::follow_failure(Index index, TimePoint now, Effects& out) {
    Member& member = members_[index];
    const bool has_failed = member.life.state() == State::failed;
    const bool is_new = has_failed && !member.counted_failed;
    member.counted_failed = has_failed;
    if (is_new && first_bad_code_ == 0) {
        first_bad_code_ = failure_exit_code(member.life);
        first_bad_reason_ =
            fmt::format("{} failed: {}", member.life.program().name.value(), member.life.reason());
    }
    if (stop_) {
        return;
    }

    std::optional<Index> culprit;
    if (is_new && is_needed(index)) {
        culprit = index;
    }
    if (member.life.waits_after_death() && programs_[index].essential) {
        const auto failed = std::ranges::find_if(member.needs, [&](Index needed) {
            return members_[needed].life.state() == State::failed;
        });
        if (failed != member.needs.end()) {
            culprit = *failed;
        }
    }
    if (!culprit) {
        return;
    }
    const Lifecycle& life = members_[*culprit].life;
    Stop stop{
        .reason = fmt::format("{} failed: {}", life.program().name.value(), life.reason()),
        .exit_code = failure_exit_code(life),
        .is_failure = true,
    };
    begin_stop(stop_timeout_, std::move(stop), now, out);
}

// Whether the whole can do without it: it is essential, or an essential program waits for it,
// directly or not.
bool Fleet::Impl::is_needed(Index index) const {
    std::vector<Index> open{index};
    std::set<Index> seen{index};
    while (!open.empty()) {
        const Index next = open.back();
        open.pop_back();
        if (programs_[next].essential) {
            return true;
        }
        for (const Index dependent : members_[next].needed_by) {
            const bool waits = members_[dependent].life.state() == State::waiting;
            if (waits && seen.insert(dependent).second) {
                open.push_back(dependent);
            }
        }
    }
    return false;
}

std::vector<ProgramName> Fleet::Impl::unready_needs(const Member& member) const {
    std::vector<ProgramName> names;
    for (const Index needed : member.needs) {
        if (!members_[needed].life.is_ready()) {
            names.push_back(programs_[needed].name);
        }
    }
    return names;
}

// The first cause decides about the exit code; a later one can only shorten the time.
void Fleet::Impl::begin_stop(Duration timeout, Stop stop, TimePoint now, Effects& out) {
    const bool is_first = !stop_;
    if (is_first) {
        stop_ = std::move(stop);
    }
    stop_->kill_at = std::min(stop_->kill_at, now + time_before_kill(timeout));
    stop_->give_up_at = std::min(stop_->give_up_at, now + timeout);
    if (!is_first) {
        return;
    }

    for (const Index index : stop_order_) {
        with(index, now, out, [&](Lifecycle& life) { life.forbid_start(now, out); });
    }
    for (const Index index : stop_order_) {
        stop_if_free(index, now, out);
    }
}

void Fleet::Impl::stop_if_free(Index index, TimePoint now, Effects& out) {
    const Member& member = members_[index];
    const State state = member.life.state();
    const bool is_up = state == State::starting || state == State::running;
    if (member.unended_before > 0 || !is_up) {
        return;
    }
    with(index, now, out, [&](Lifecycle& life) {
        life.handle(event::StopRequested{programs_[index].name}, now, out);
    });
}

void Fleet::Impl::kill_all(const std::string& reason, TimePoint now, Effects& out) {
    stop_->has_killed = true;
    for (const Index index : stop_order_) {
        const Lifecycle& life = members_[index].life;
        if (!life.has_process() || life.state() == State::killing) {
            continue;
        }
        stop_->killed.push_back(programs_[index].name.value());
        with(index, now, out, [&](Lifecycle& victim) { victim.kill(now, reason, out); });
    }
}

// Heartbeats and signs of readiness may lie unread behind a time in which the supervisor itself did
// not run.
void Fleet::Impl::notice_sleep(TimePoint now) {
    const auto due = next_deadline();
    if (!due || now - *due <= slept) {
        return;
    }
    for (Index index = 0; index < members_.size(); ++index) {
        members_[index].life.forgive_silence(now);
        refresh_deadline(index);
    }
}

void Fleet::Impl::finish_if_over(TimePoint now, Effects& out) {
    if (!stop_) {
        if (!is_everything_over()) {
            return;
        }
        const bool is_clean = first_bad_code_ == 0;
        return finish(
            first_bad_code_, is_clean ? "every program has ended" : first_bad_reason_, out
        );
    }
    if (living_ > 0 && now < stop_->give_up_at) {
        return;
    }

    std::string reason = stop_->reason;
    if (!stop_->killed.empty()) {
        reason += fmt::format("; killed at the end: {}", fmt::join(stop_->killed, ", "));
    }
    std::vector<std::string> survivors;
    for (const Index index : stop_order_) {
        if (!members_[index].life.has_process()) {
            continue;
        }
        survivors.push_back(programs_[index].name.value());
    }
    if (!survivors.empty()) {
        reason += fmt::format("; still alive: {}", fmt::join(survivors, ", "));
    }
    const bool is_late = !stop_->killed.empty() || !survivors.empty();
    const int code = stop_->exit_code == 0 && is_late ? exit_stop_timed_out : stop_->exit_code;
    finish(code, std::move(reason), out);
}

void Fleet::Impl::finish(int exit_code, std::string reason, Effects& out) {
    is_finished_ = true;
    out.emplace_back(effect::Finish{exit_code, std::move(reason)});
}

// Nothing runs, nothing will start by itself, and nobody stopped anything by hand to start it again
// later.
bool Fleet::Impl::is_everything_over() const {
    if (active_ > 0) {
        return false;
    }
    bool was_anything_wanted = false;
    std::vector<bool> is_lost(members_.size());  // Failed, or waiting for one that is lost.
    for (const Index index : start_order_) {
        const Member& member = members_[index];
        was_anything_wanted = was_anything_wanted || member.life.was_wanted();
        const State state = member.life.state();
        if (state == State::failed) {
            is_lost[index] = true;
        } else if (state == State::waiting) {
            const auto lost = [&](Index needed) { return is_lost[needed]; };
            is_lost[index] = std::ranges::any_of(member.needs, lost);
            if (!is_lost[index]) {
                return false;
            }
        } else if (state == State::stopped && member.life.was_wanted()) {
            return false;
        }
    }
    return was_anything_wanted;
}

FleetView Fleet::Impl::view() const {
    FleetView view;
    view.overall = overall();
    view.ready_once = ready_once_;
    view.stopping = stop_.has_value();
    view.programs.reserve(members_.size());
    for (const Index index : start_order_) {
        const Member& member = members_[index];
        view.programs.push_back(member.life.view());
        if (member.life.state() == State::waiting) {
            view.programs.back().waiting_for = unready_needs(member);
        }
    }
    return view;
}

Overall Fleet::Impl::overall() const {
    if (stop_) {
        return stop_->is_failure ? Overall::failed : Overall::stopping;
    }
    const bool is_well = std::ranges::all_of(members_, [](const Member& member) {
        const Lifecycle& life = member.life;
        const bool is_first_start = !life.program().essential && life.is_in_first_start();
        return life.is_ready() || !life.was_wanted() || is_first_start;
    });
    if (is_well) {
        return Overall::healthy;
    }
    return ready_once_ ? Overall::degraded : Overall::starting;
}

const Program* Fleet::Impl::find(const ProgramName& name) const {
    const auto found = index_of_.find(name);
    return found == index_of_.end() ? nullptr : &programs_[found->second];
}

Fleet::Fleet(std::vector<Program> programs, std::uint64_t seed, Duration stop_timeout)
    : impl_(std::make_unique<Impl>(std::move(programs), seed, stop_timeout)) {}

Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

Effects Fleet::start(TimePoint now) {
    return impl_->start(now);
}

Effects Fleet::handle(const Event& event, TimePoint now) {
    return impl_->handle(event, now);
}

Effects Fleet::tick(TimePoint now) {
    return impl_->tick(now);
}

std::optional<TimePoint> Fleet::next_deadline() const {
    return impl_->next_deadline();
}

bool Fleet::ready_once() const {
    return impl_->ready_once();
}

bool Fleet::is_stopping() const {
    return impl_->is_stopping();
}

FleetView Fleet::view() const {
    return impl_->view();
}

const Program* Fleet::find(const ProgramName& name) const {
    return impl_->find(name);
}

}  // namespace elasticbot::supervisor
