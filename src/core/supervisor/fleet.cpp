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
// Reloading: the graph is that of the new programs from the first moment. A removed or changed
// program that has a process is leaving: it may not start again, counts as not ready, and is told
// to stop when no other leaving program that it stops after has a process. When its process has
// ended, it is gone, or its successor takes its place. A stop of everything leaves nobody a
// successor.
//
// Exit code of the whole, by what ended it:
// - StopAll, and everything ended in time: 0;
// - StopAll, and something had to be killed at the whole deadline or in a hurry: 75;
// - the failure of a program that is essential, or that an essential program waits for: a
//   one-shot's own code if it is 64 to 78, otherwise `failure_exit_code`, or 70;
// - every program has ended by itself: 0, or that code of the first that failed.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/core/supervisor/fleet.hpp>
#include <elasticbot/core/supervisor/lifecycle.hpp>
#include <elasticbot/core/supervisor/order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <type_traits>
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
    const auto& exit = life.last_exit();
    if (program.kind == Kind::one_shot && exit && exit->signal == 0) {
        const int code = exit->code;
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
    Result<Reload> reload(std::vector<Program> programs, TimePoint now);
    FleetView view() const;

    bool ready_once() const { return ready_once_; }

    bool is_stopping() const { return stop_.has_value(); }

    const Program* find(const ProgramName& name) const;

private:
    using Index = std::size_t;

    struct Member {
        explicit Member(Lifecycle lifecycle) : life(std::move(lifecycle)) {}

        Lifecycle life;
        // Removed or changed by a reload, and its process is still there.
        bool is_leaving = false;
        // By whose rules a changed program leaves; the new ones are in `programs_`.
        std::unique_ptr<const Program> predecessor;
        bool shall_start = false;         // Because of a reload, as soon as it may.
        bool is_gone = false;             // Removed, without a process: nobody's business any more.
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

        bool is_removed() const { return is_leaving && !predecessor; }

        // Others may rely on it.
        bool is_ready() const { return life.is_ready() && !is_leaving; }
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

    // Reloading.
    void adopt(std::vector<Program> programs, ReloadChanges& changes);
    void keep(Member member, Program before, const Program& now_is, ReloadChanges& changes);
    void let_go(Member member, Program before, ReloadChanges& changes);
    Lifecycle new_life(const Program& program, Generation before);
    void connect(std::size_t lasting);
    void recount(Index index);
    bool is_missing(Index index) const;
    void stop_leaving(TimePoint now, Effects& out);
    bool must_wait_to_leave(Index index) const;
    void follow_departure(Index index, TimePoint now, Effects& out);

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

    Jitter seeds_;
    std::vector<Program> programs_;  // As configured; removed ones that are leaving at the end.
    Duration stop_timeout_;
    std::vector<Member> members_;
    std::unordered_map<ProgramName, Index> index_of_;
    std::vector<Index> start_order_;
    std::vector<Index> stop_order_;
    std::set<std::pair<TimePoint, Index>> deadlines_;

    std::size_t active_ = 0;   // Members that run or will run by themselves.
    std::size_t living_ = 0;   // Members with a process.
    std::size_t missing_ = 0;  // Essential members that are wanted and not ready.
    Generation last_of_gone_;  // A name that comes back must not repeat a generation.
    bool ready_once_ = false;
    int first_bad_code_ = 0;
    std::string first_bad_reason_;
    std::optional<Stop> stop_;
    bool is_finished_ = false;
};

Fleet::Impl::Impl(std::vector<Program> programs, std::uint64_t seed, Duration stop_timeout)
    : seeds_(seed), stop_timeout_(stop_timeout) {
    ReloadChanges all_added;
    adopt(std::move(programs), all_added);
}

Effects Fleet::Impl::start(TimePoint now) {
    Effects out;
    for (const Index index : start_order_) {
        if (!std::exchange(members_[index].shall_start, false)) {
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
    Member& member = members_[found->second];
    if (member.predecessor) {
        // Wishes concern the successor, except that its predecessor stops either way.
        using What = std::remove_cvref_t<decltype(event)>;
        constexpr bool is_stop = std::is_same_v<What, event::StopRequested>;
        constexpr bool is_start = std::is_same_v<What, event::StartRequested> ||
                                  std::is_same_v<What, event::RestartRequested>;
        if (is_stop || is_start) {
            member.shall_start = is_start && !stop_;
        }
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
    count(member.counted_missing, is_missing(index), missing_);
    ready_once_ = ready_once_ || (missing_ == 0 && member.is_ready());

    follow_readiness(index, now, out);
    follow_end(index, now, out);
    follow_failure(index, now, out);
    follow_departure(index, now, out);
}

bool Fleet::Impl::is_missing(Index index) const {
    const Member& member = members_[index];
    const bool is_wanted = member.life.was_wanted() || member.shall_start;
    return programs_[index].essential && !member.is_removed() && is_wanted && !member.is_ready();
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
    const bool is_ready = member.is_ready();
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
        if (!members_[needed].is_ready()) {
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
        if (member.is_gone) {
            continue;
        }
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
        if (member.is_gone) {
            continue;
        }
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
        if (member.is_removed()) {
            return true;
        }
        const bool is_first_start = !life.program().essential && life.is_in_first_start();
        return member.is_ready() || !life.was_wanted() || is_first_start;
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

// ------------------------------------------------------------------------------------------------
// reloading

Result<Reload> Fleet::Impl::reload(std::vector<Program> programs, TimePoint now) {
    if (stop_ || is_finished_) {
        return Error{Errc::conflict, "cannot reload: everything is stopping"};
    }
    for (const auto& order :
         {supervisor::start_order(programs), supervisor::stop_order(programs)}) {
        if (!order) {
            return order.error();
        }
    }
    notice_sleep(now);
    Reload reload;
    Effects& out = reload.effects;
    adopt(std::move(programs), reload.changes);

    // Whoever leaves without a process is gone with this, and its successor starts if it may.
    for (const Index index : stop_order_) {
        if (members_[index].is_leaving) {
            with(index, now, out, [&](Lifecycle& life) { life.forbid_start(now, out); });
        }
    }
    for (const Index index : start_order_) {
        Member& member = members_[index];
        if (!member.is_leaving && std::exchange(member.shall_start, false)) {
            with(index, now, out, [&](Lifecycle& life) {
                life.handle(event::StartRequested{programs_[index].name}, now, out);
            });
        }
    }
    stop_leaving(now, out);
    finish_if_over(now, out);
    return reload;
}

// The new programs in their order, then the removed ones that still have a process.
void Fleet::Impl::adopt(std::vector<Program> programs, ReloadChanges& changes) {
    std::vector<Program> old_programs = std::exchange(programs_, std::move(programs));
    std::vector<Member> old_members = std::exchange(members_, {});
    const std::size_t lasting = programs_.size();
    auto start_order = supervisor::start_order(programs_);
    auto stop_order = supervisor::stop_order(programs_);
    ELASTICBOT_ASSERT(start_order && stop_order);
    start_order_ = std::move(*start_order);
    stop_order_ = std::move(*stop_order);
    members_.reserve(lasting + old_members.size());
    std::vector<bool> stays(old_members.size());

    for (Index index = 0; index < lasting; ++index) {
        const Program& program = programs_[index];
        const auto found = index_of_.find(program.name);
        if (found == index_of_.end()) {
            changes.added.push_back(program.name);
            members_.emplace_back(new_life(program, last_of_gone_));
            members_.back().shall_start = program.autostart;
            continue;
        }
        const Index old = found->second;
        stays[old] = true;
        keep(std::move(old_members[old]), std::move(old_programs[old]), program, changes);
    }
    for (Index old = 0; old < old_members.size(); ++old) {
        if (!stays[old] && !old_members[old].is_gone) {
            let_go(std::move(old_members[old]), std::move(old_programs[old]), changes);
        }
    }
    connect(lasting);
}

// A program of both sets; it may be leaving already.
void Fleet::Impl::keep(
    Member member, Program before, const Program& now_is, ReloadChanges& changes
) {
    const bool is_back = member.is_removed();
    if (!is_back && before == now_is) {
        changes.unchanged.push_back(now_is.name);
    } else {
        (is_back ? changes.added : changes.changed).push_back(now_is.name);
        if (is_back) {
            member.shall_start = now_is.autostart;
        } else if (!member.is_leaving) {
            const bool is_new_wish = !member.life.was_wanted() && now_is.autostart;
            member.shall_start = member.life.is_wanted() || is_new_wish;
        }
        member.is_leaving = true;
        if (!member.predecessor) {
            member.predecessor = std::make_unique<const Program>(std::move(before));
        }
    }
    members_.push_back(std::move(member));
}

void Fleet::Impl::let_go(Member member, Program before, ReloadChanges& changes) {
    if (!member.is_removed()) {
        changes.removed.push_back(before.name);
    }
    member.shall_start = false;
    member.is_leaving = true;
    if (!member.life.has_process()) {
        last_of_gone_ = std::max(last_of_gone_, member.life.generation());
        return;
    }
    if (member.predecessor) {
        programs_.push_back(*member.predecessor);
        member.predecessor.reset();
    } else {
        programs_.push_back(std::move(before));
    }
    members_.push_back(std::move(member));
}

Lifecycle Fleet::Impl::new_life(const Program& program, Generation before) {
    return {program, static_cast<std::uint64_t>(seeds_.next() * 0x1.0p53), before};
}

// Who needs whom, and all counters, for the first `lasting` members; the others have no wishes.
void Fleet::Impl::connect(std::size_t lasting) {
    index_of_.clear();
    deadlines_.clear();
    active_ = living_ = missing_ = 0;
    for (Index index = 0; index < members_.size(); ++index) {
        Member& member = members_[index];
        member.life.move_to(member.predecessor ? *member.predecessor : programs_[index]);
        member.needs.clear();
        member.needed_by.clear();
        member.stops_before.clear();
        member.unready_needs = member.unended_before = 0;
        index_of_.emplace(programs_[index].name, index);
        if (index >= lasting) {
            start_order_.push_back(index);
            stop_order_.push_back(index);
        }
    }
    for (Index index = 0; index < lasting; ++index) {
        for (const ProgramName& name : programs_[index].after) {
            const Index needed = index_of_.at(name);
            members_[index].needs.push_back(needed);
            members_[needed].needed_by.push_back(index);
        }
        for (const ProgramName& name : programs_[index].stop_after) {
            members_[index_of_.at(name)].stops_before.push_back(index);
        }
    }
    // A member's end depends on those that it stops after: they come first.
    for (const Index index : stop_order_) {
        recount(index);
    }
    for (Member& member : members_) {
        if (member.is_leaving) {
            continue;
        }
        // A member that waits goes on waiting: whatever it needs was not ready before either.
        Effects none;
        member.life.set_dependencies_ready(member.unready_needs == 0, TimePoint{}, none);
        ELASTICBOT_ASSERT(none.empty());
    }
}

void Fleet::Impl::recount(Index index) {
    Member& member = members_[index];
    member.counted_ready = member.is_ready();
    for (const Index dependent : member.needed_by) {
        members_[dependent].unready_needs += member.counted_ready ? 0 : 1;
    }
    member.counted_ended = !member.life.has_process() && member.unended_before == 0;
    for (const Index later : member.stops_before) {
        members_[later].unended_before += member.counted_ended ? 0 : 1;
    }
    member.counted_active = member.life.is_active();
    member.counted_living = member.life.has_process();
    member.counted_missing = is_missing(index);
    member.counted_failed = member.life.state() == State::failed;
    active_ += member.counted_active ? 1 : 0;
    living_ += member.counted_living ? 1 : 0;
    missing_ += member.counted_missing ? 1 : 0;
    member.deadline.reset();
    refresh_deadline(index);
}

// Tells those that are leaving to stop, as soon as it is their turn.
void Fleet::Impl::stop_leaving(TimePoint now, Effects& out) {
    std::optional<Index> first_waiting;
    bool does_any_stop = false;
    for (const Index index : stop_order_) {
        const Member& member = members_[index];
        if (!member.is_leaving || !member.life.has_process()) {
            continue;
        }
        const State state = member.life.state();
        const bool is_up = state == State::starting || state == State::running;
        if (is_up && must_wait_to_leave(index)) {
            first_waiting = first_waiting.value_or(index);
            continue;
        }
        does_any_stop = true;
        if (is_up) {
            with(index, now, out, [&](Lifecycle& life) {
                life.handle(event::StopRequested{programs_[index].name}, now, out);
            });
        }
    }
    // Rules of several reloads may wait for each other in a circle.
    if (first_waiting && !does_any_stop) {
        with(*first_waiting, now, out, [&](Lifecycle& life) {
            life.handle(event::StopRequested{programs_[*first_waiting].name}, now, out);
        });
    }
}

bool Fleet::Impl::must_wait_to_leave(Index index) const {
    const auto is_there = [&](const ProgramName& name) {
        const auto found = index_of_.find(name);
        return found != index_of_.end() && members_[found->second].is_leaving &&
               members_[found->second].life.has_process();
    };
    return std::ranges::any_of(members_[index].life.program().stop_after, is_there);
}

// Whoever left and has no process any more is gone, or followed by its successor.
void Fleet::Impl::follow_departure(Index index, TimePoint now, Effects& out) {
    Member& member = members_[index];
    if (!member.is_leaving || member.is_gone || member.life.has_process() || stop_) {
        return;
    }
    if (member.is_removed()) {
        member.is_gone = true;
        last_of_gone_ = std::max(last_of_gone_, member.life.generation());
        index_of_.erase(programs_[index].name);
        return stop_leaving(now, out);
    }
    member.life = new_life(programs_[index], member.life.generation());
    member.life.set_dependencies_ready(member.unready_needs == 0, now, out);
    member.predecessor.reset();
    member.is_leaving = false;
    const bool shall_start = std::exchange(member.shall_start, false);
    with(index, now, out, [&](Lifecycle& life) {
        if (shall_start) {
            life.handle(event::StartRequested{programs_[index].name}, now, out);
        }
    });
    stop_leaving(now, out);
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

Result<Reload> Fleet::reload(std::vector<Program> programs, TimePoint now) {
    return impl_->reload(std::move(programs), now);
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
