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
// Reloading: succession.hpp tells who stays and who leaves; whoever leaves is told to stop when it
// is its turn. A stop of everything leaves nobody a successor.
#include "ending.hpp"
#include "roster.hpp"
#include "succession.hpp"

#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/lifecycle.hpp>
#include <elasticbot/supervisor/fleet/order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

namespace elasticbot::supervisor {

namespace {

// Later than this behind a deadline, the supervisor itself must have slept. (hardening E2)
constexpr Duration slept = 1s;

}  // namespace

class Fleet::Impl {
public:
    Impl(std::vector<Program> programs, std::uint64_t seed, FleetRules rules);

    Effects start(TimePoint now);
    Effects handle(const Event& event, TimePoint now);
    Effects tick(TimePoint now);
    std::optional<TimePoint> next_deadline() const;
    Result<Reload> reload(std::vector<Program> programs, TimePoint now);

    void set_rules(FleetRules rules) { rules_ = rules; }

    FleetView view() const;

    bool ready_once() const { return ready_once_; }

    bool is_stopping() const { return ending_.is_stopping(); }

    const Program* find(const ProgramName& name) const;

private:
    using Index = Roster::Index;

    void on(const event::StopAll& event, TimePoint now, Effects& out);
    void on(const event::HurryRequested& event, TimePoint now, Effects& out);
    void on(const auto& event, TimePoint now, Effects& out);

    // Calls `act(life)` on a member, then lets everything that depends on it follow.
    void with(Index index, TimePoint now, Effects& out, auto act);
    void follow(Index index, TimePoint now, Effects& out);
    void follow_readiness(Index index, TimePoint now, Effects& out);
    void follow_end(Index index, TimePoint now, Effects& out);
    void follow_failure(Index index, TimePoint now, Effects& out);
    void follow_departure(Index index, TimePoint now, Effects& out);

    void start_wanted(TimePoint now, Effects& out);
    void request_stop(Index index, TimePoint now, Effects& out);
    void stop_leaving(TimePoint now, Effects& out);
    void begin_stop(Ending::Cause cause, Duration timeout, TimePoint now, Effects& out);
    void stop_if_free(Index index, TimePoint now, Effects& out);
    void kill_all(const std::string& reason, TimePoint now, Effects& out);
    void notice_sleep(TimePoint now);
    void finish_if_over(TimePoint now, Effects& out);
    Overall overall() const;

    FleetRules rules_;
    Succession succession_;
    Roster roster_;
    Ending ending_;
    bool ready_once_ = false;
    bool is_finished_ = false;
};

Fleet::Impl::Impl(std::vector<Program> programs, std::uint64_t seed, FleetRules rules)
    : rules_(rules), succession_(seed) {
    succession_.replace(roster_, std::move(programs));
}

Effects Fleet::Impl::start(TimePoint now) {
    Effects out;
    start_wanted(now, out);
    ready_once_ =
        ready_once_ || roster_.is_complete();  // Nothing essential, so nothing to wait for.
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
    begin_stop({.reason = event.reason}, event.timeout, now, out);
}

void Fleet::Impl::on(const event::HurryRequested&, TimePoint now, Effects& out) {
    if (ending_.is_stopping()) {
        if (ending_.may_kill()) {
            kill_all("told to hurry", now, out);
        }
        return;
    }
    for (const Index index : roster_.stop_order()) {
        if (roster_[index].life.state() != State::stopping) {
            continue;
        }
        with(index, now, out, [&](Lifecycle& life) { life.kill(now, "told to hurry", out); });
    }
}

void Fleet::Impl::on(const auto& event, TimePoint now, Effects& out) {
    const auto found = roster_.find(event.program);
    if (!found) {
        return;
    }
    Member& member = roster_[*found];
    if (member.predecessor) {
        // Wishes concern the successor, except that its predecessor stops either way.
        using What = std::remove_cvref_t<decltype(event)>;
        constexpr bool is_stop = std::is_same_v<What, event::StopRequested>;
        constexpr bool is_start = std::is_same_v<What, event::StartRequested> ||
                                  std::is_same_v<What, event::RestartRequested>;
        if (is_stop || is_start) {
            member.shall_start = is_start && !ending_.is_stopping();
        }
    }
    with(*found, now, out, [&](Lifecycle& life) { life.handle(event, now, out); });
}

Effects Fleet::Impl::tick(TimePoint now) {
    Effects out;
    if (is_finished_) {
        return out;
    }
    notice_sleep(now);
    for (auto due = roster_.next_deadline(); due && due->first <= now;
         due = roster_.next_deadline()) {
        with(due->second, now, out, [&](Lifecycle& life) { life.tick(now, out); });
    }
    if (ending_.must_kill(now)) {
        kill_all("the time for stopping everything is over", now, out);
    }
    finish_if_over(now, out);
    return out;
}

std::optional<TimePoint> Fleet::Impl::next_deadline() const {
    if (is_finished_) {
        return std::nullopt;
    }
    const auto of_member = roster_.next_deadline();
    const auto of_ending = ending_.next_deadline();
    if (of_member && of_ending) {
        return std::min(of_member->first, *of_ending);
    }
    return of_member ? of_member->first : of_ending;
}

Result<Reload> Fleet::Impl::reload(std::vector<Program> programs, TimePoint now) {
    if (ending_.is_stopping() || is_finished_) {
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
    reload.changes = succession_.replace(roster_, std::move(programs));

    // Whoever leaves without a process is gone with this, and its successor starts if it may.
    for (const Index index : roster_.stop_order()) {
        if (roster_[index].is_leaving) {
            with(index, now, out, [&](Lifecycle& life) { life.forbid_start(now, out); });
        }
    }
    start_wanted(now, out);
    stop_leaving(now, out);
    finish_if_over(now, out);
    return reload;
}

void Fleet::Impl::with(Index index, TimePoint now, Effects& out, auto act) {
    const std::size_t first_new = out.size();
    act(roster_[index].life);
    // The life knows only that it waits, the fleet for whom.
    for (std::size_t at = first_new; at < out.size(); ++at) {
        auto* record = std::get_if<effect::Announce>(&out[at]);
        if (record == nullptr || record->what != effect::Announce::What::waiting) {
            continue;
        }
        std::vector<std::string> names;
        for (const ProgramName& name : roster_.unready_needs(index)) {
            names.push_back(name.value());
        }
        record->reason = fmt::format("waiting for {}", fmt::join(names, ", "));
    }
    follow(index, now, out);
}

void Fleet::Impl::follow(Index index, TimePoint now, Effects& out) {
    roster_.recount(index);
    ready_once_ = ready_once_ || (roster_.is_complete() && roster_[index].is_ready());

    follow_readiness(index, now, out);
    follow_end(index, now, out);
    follow_failure(index, now, out);
    follow_departure(index, now, out);
}

void Fleet::Impl::follow_readiness(Index index, TimePoint now, Effects& out) {
    Member& member = roster_[index];
    const bool is_ready = member.is_ready();
    if (is_ready == member.counted_ready) {
        return;
    }
    member.counted_ready = is_ready;
    for (const Index dependent : member.needed_by) {
        Member& other = roster_[dependent];
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

void Fleet::Impl::follow_end(Index index, TimePoint now, Effects& out) {
    Member& member = roster_[index];
    const bool has_ended = member.has_ended();
    if (has_ended == member.counted_ended) {
        return;
    }
    member.counted_ended = has_ended;
    for (const Index later : member.stops_before) {
        Member& other = roster_[later];
        has_ended ? --other.unended_before : ++other.unended_before;
        if (ending_.is_stopping()) {
            stop_if_free(later, now, out);
        }
        follow_end(later, now, out);
    }
}

void Fleet::Impl::follow_failure(Index index, TimePoint now, Effects& out) {
    Member& member = roster_[index];
    const bool has_failed = member.life.state() == State::failed;
    // Who cannot be stopped by hand is no reason to stop the others.
    const bool is_new = has_failed && !member.counted_failed && !member.life.has_refused_to_stop();
    member.counted_failed = has_failed;
    if (is_new) {
        ending_.note_failure(member.life);
    }
    if (ending_.is_stopping()) {
        return;
    }

    std::optional<Index> culprit;
    if (is_new && roster_.is_needed(index)) {
        culprit = index;
    }
    if (member.life.waits_after_death() && roster_.program(index).essential) {
        if (const auto failed = roster_.failed_need(index)) {
            culprit = failed;
        }
    }
    if (culprit) {
        begin_stop(Ending::failure_of(roster_[*culprit].life), rules_.stop_timeout, now, out);
    }
}

// Whoever left and has no process any more is gone, or followed by its successor.
void Fleet::Impl::follow_departure(Index index, TimePoint now, Effects& out) {
    const Member& member = roster_[index];
    const bool has_left = member.is_leaving && !member.is_gone && !member.life.has_process();
    if (!has_left || ending_.is_stopping()) {
        return;
    }
    succession_.conclude(roster_, index);
    if (!member.is_gone) {
        const bool shall_start = std::exchange(roster_[index].shall_start, false);
        with(index, now, out, [&](Lifecycle& life) {
            if (shall_start) {
                life.handle(event::StartRequested{roster_.program(index).name}, now, out);
            }
        });
    }
    stop_leaving(now, out);
}

// Starts whoever shall, at first or because of a reload; who is leaving is followed later.
void Fleet::Impl::start_wanted(TimePoint now, Effects& out) {
    for (const Index index : roster_.start_order()) {
        Member& member = roster_[index];
        if (!member.is_leaving && std::exchange(member.shall_start, false)) {
            with(index, now, out, [&](Lifecycle& life) {
                life.handle(event::StartRequested{roster_.program(index).name}, now, out);
            });
        }
    }
}

void Fleet::Impl::request_stop(Index index, TimePoint now, Effects& out) {
    with(index, now, out, [&](Lifecycle& life) {
        life.handle(event::StopRequested{roster_.program(index).name}, now, out);
    });
}

// Tells those that are leaving to stop, as soon as it is their turn.
void Fleet::Impl::stop_leaving(TimePoint now, Effects& out) {
    for (const Index index : next_to_leave(roster_)) {
        request_stop(index, now, out);
    }
}

void Fleet::Impl::begin_stop(Ending::Cause cause, Duration timeout, TimePoint now, Effects& out) {
    if (!ending_.begin_stop(std::move(cause), timeout, now)) {
        return;
    }
    for (const Index index : roster_.stop_order()) {
        with(index, now, out, [&](Lifecycle& life) { life.forbid_start(now, out); });
    }
    for (const Index index : roster_.stop_order()) {
        stop_if_free(index, now, out);
    }
}

void Fleet::Impl::stop_if_free(Index index, TimePoint now, Effects& out) {
    const Member& member = roster_[index];
    if (member.unended_before == 0 && member.is_up()) {
        request_stop(index, now, out);
    }
}

void Fleet::Impl::kill_all(const std::string& reason, TimePoint now, Effects& out) {
    std::vector<Index> victims;
    std::vector<std::string> names;
    for (const Index index : roster_.stop_order()) {
        const Lifecycle& life = roster_[index].life;
        if (life.has_process() && life.state() != State::killing) {
            victims.push_back(index);
            names.push_back(roster_.program(index).name.value());
        }
    }
    ending_.kill(std::move(names));
    for (const Index index : victims) {
        with(index, now, out, [&](Lifecycle& life) { life.kill(now, reason, out); });
    }
}

// Heartbeats and signs of readiness may lie unread behind a time in which the supervisor itself did
// not run.
void Fleet::Impl::notice_sleep(TimePoint now) {
    const auto due = next_deadline();
    if (!due || now - *due <= slept) {
        return;
    }
    for (Index index = 0; index < roster_.size(); ++index) {
        roster_[index].life.forgive_silence(now);
        roster_.refresh_deadline(index);
    }
}

void Fleet::Impl::finish_if_over(TimePoint now, Effects& out) {
    if (!ending_.is_stopping()) {
        if (!rules_.stays_up && roster_.is_everything_over()) {
            is_finished_ = true;
            out.emplace_back(ending_.by_itself());
        }
        return;
    }
    if (roster_.is_any_alive() && !ending_.must_give_up(now)) {
        return;
    }
    std::vector<std::string> survivors;
    for (const Index index : roster_.stop_order()) {
        if (roster_[index].life.has_process()) {
            survivors.push_back(roster_.program(index).name.value());
        }
    }
    is_finished_ = true;
    out.emplace_back(ending_.by_stop(survivors));
}

FleetView Fleet::Impl::view() const {
    FleetView view;
    view.overall = overall();
    view.ready_once = ready_once_;
    view.stopping = ending_.is_stopping();
    view.programs.reserve(roster_.size());
    for (const Index index : roster_.start_order()) {
        const Member& member = roster_[index];
        if (member.is_gone) {
            continue;
        }
        view.programs.push_back(member.life.view());
        if (member.is_leaving) {
            view.programs.back().is_wanted = member.shall_start;
        }
        if (member.life.state() == State::waiting) {
            view.programs.back().waiting_for = roster_.unready_needs(index);
        }
    }
    return view;
}

Overall Fleet::Impl::overall() const {
    if (ending_.is_stopping()) {
        return ending_.is_failure() ? Overall::failed : Overall::stopping;
    }
    const auto is_well = [&](Index index) {
        const Member& member = roster_[index];
        const Lifecycle& life = member.life;
        const bool is_first_start = !life.program().essential && life.is_in_first_start();
        return member.is_removed() || member.is_ready() || !life.was_wanted() || is_first_start;
    };
    if (std::ranges::all_of(roster_.start_order(), is_well)) {
        return Overall::healthy;
    }
    return ready_once_ ? Overall::degraded : Overall::starting;
}

const Program* Fleet::Impl::find(const ProgramName& name) const {
    const auto found = roster_.find(name);
    return found ? &roster_.program(*found) : nullptr;
}

Fleet::Fleet(std::vector<Program> programs, std::uint64_t seed, FleetRules rules)
    : impl_(std::make_unique<Impl>(std::move(programs), seed, rules)) {}

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

void Fleet::set_rules(FleetRules rules) {
    impl_->set_rules(rules);
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
