// All programs together: who waits for whom, order of stopping, the whole deadline, what a failure
// means, exit code.
#pragma once

#include <elasticbot/core/supervisor/effect.hpp>
#include <elasticbot/core/supervisor/event.hpp>
#include <elasticbot/core/supervisor/program.hpp>
#include <elasticbot/core/supervisor/view.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace elasticbot::supervisor {

// Pure: no I/O, no clock. The driver calls handle() with what happened and tick() when
// next_deadline() has come, and performs the effects in order. The same calls give the same
// effects. Only tick() acts on time, so whatever waits in a descriptor (exits, heartbeats, signals)
// is handed over before it. After Finish every call returns nothing.
class Fleet {
public:
    // Precondition: start_order() and stop_order() accept the programs. `seed` feeds the jitter of
    // the back-off. `stop_timeout` is the whole budget of a stop that the fleet begins by itself.
    // (decision 25)
    Fleet(std::vector<Program> programs, std::uint64_t seed, Duration stop_timeout = 25s);
    ~Fleet();
    Fleet(Fleet&&) noexcept;
    Fleet& operator=(Fleet&&) noexcept;

    // Starts every program with `autostart`, in order.
    std::vector<Effect> start(TimePoint now);
    std::vector<Effect> handle(const Event& event, TimePoint now);
    std::vector<Effect> tick(TimePoint now);
    std::optional<TimePoint> next_deadline() const;

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
