// All programs together: who waits for whom, order of stopping, the whole deadline, what a failure
// means, exit code.
#pragma once

#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisor/fleet/view.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace elasticbot::supervisor {

// What a reload does to the programs, each in start order.
struct ReloadChanges {
    std::vector<ProgramName> added;
    std::vector<ProgramName> removed;
    std::vector<ProgramName> changed;
    std::vector<ProgramName> unchanged;

    bool operator==(const ReloadChanges&) const = default;
};

struct Reload {
    ReloadChanges changes;
    std::vector<Effect> effects;
};

struct FleetRules {
    Duration stop_timeout = 25s;  // The whole budget of a stop that the fleet begins by itself.
    bool stays_up = false;        // Only a stop of everything ends the fleet.
};

// Pure: no I/O, no clock. The driver calls handle() with what happened and tick() when
// next_deadline() has come, and performs the effects in order. The same calls give the same
// effects. Only tick() acts on time, so whatever waits in a descriptor (exits, heartbeats, signals)
// is handed over before it. After Finish every call returns nothing.
class Fleet {
public:
    // Precondition: start_order() and stop_order() accept the programs. `seed` feeds the jitter of
    // the back-off. (decision 25)
    Fleet(std::vector<Program> programs, std::uint64_t seed, FleetRules rules = {});
    ~Fleet();
    Fleet(Fleet&&) noexcept;
    Fleet& operator=(Fleet&&) noexcept;

    // Starts every program with `autostart`, in order.
    std::vector<Effect> start(TimePoint now);
    std::vector<Effect> handle(const Event& event, TimePoint now);
    std::vector<Effect> tick(TimePoint now);
    std::optional<TimePoint> next_deadline() const;

    // Another set of programs takes the place of the present one, as a whole or not at all: added
    // ones start (with `autostart`), removed ones stop and are gone, changed ones stop under their
    // old rules and start under their new ones (unless somebody had stopped them), unchanged ones
    // keep their processes. What stops does so in stop order, what starts in start order; who is
    // `after` a changed program waits for its new process. An error leaves everything as it is: an
    // order that cannot be had, or everything is being stopped.
    Result<Reload> reload(std::vector<Program> programs, TimePoint now);
    // In force from now on; a stop that has begun keeps its budget.
    void set_rules(FleetRules rules);

    FleetView view() const;
    // Parts of the view that cost nothing to ask for.
    bool ready_once() const;
    bool is_stopping() const;
    // nullptr when there is no such program.
    const Program* find(const ProgramName& name) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace elasticbot::supervisor
