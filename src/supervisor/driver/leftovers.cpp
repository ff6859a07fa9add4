#include "leftovers.hpp"

#include <elasticbot/adapters/os/process_facts.hpp>
#include <elasticbot/base/time.hpp>

#include <csignal>
#include <cstddef>

#include <poll.h>

namespace elasticbot::supervise {

void kill_what_is_left(os::Reaper& reaper) {
    constexpr std::size_t batch = 256;
    const TimePoint deadline = now() + 1s;
    while (now() < deadline) {
        const auto children = os::read_own_children();
        if (children.empty()) {
            return;
        }
        for (const Pid child : children) {
            ::kill(child.value(), SIGKILL);
        }
        while (reaper.reap(batch) > 0) {
        }
        ::poll(nullptr, 0, 1);
    }
}

}  // namespace elasticbot::supervise
