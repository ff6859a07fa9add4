// TICK_5, TICK_60 and TICK_3600. (supervisord-compat.md 14.4)
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisord/events/event.hpp>

#include <vector>

namespace elasticbot::supervisord {

// A tick is due when the wall time has come to another multiple of its period, forwards or
// backwards, since the last look; one, however many it has passed.
class Ticks {
public:
    explicit Ticks(WallTime now) : last_(now) {}

    std::vector<Event> due(WallTime now);

    // From `now` to the next multiple of the shortest period.
    static Duration until_next(WallTime now);

private:
    WallTime last_;
};

}  // namespace elasticbot::supervisord
