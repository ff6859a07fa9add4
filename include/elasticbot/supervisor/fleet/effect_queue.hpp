// Effects that wait to be performed, in the order of the driver.
#pragma once

#include <elasticbot/supervisor/fleet/effect.hpp>

#include <deque>
#include <functional>
#include <vector>

namespace elasticbot::supervisor {

// Pure. What is done comes before what is said of it within one decision: a successor need not wait
// for a line of log.
class EffectQueue {
public:
    // Effects of one decision of the fleet.
    void add(std::vector<Effect> effects);

    // Performs everything, also what is added meanwhile, and returns whether there was anything.
    // Within `perform` it does nothing: the effects of an event that an effect has caused come
    // behind those that wait. What `perform` throws passes through; the rest stays for the next
    // call.
    bool perform_all(const std::function<void(const Effect&)>& perform);

private:
    std::deque<Effect> waiting_;
    bool is_performing_ = false;
};

}  // namespace elasticbot::supervisor
