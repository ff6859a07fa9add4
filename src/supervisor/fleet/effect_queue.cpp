// What waits stays in one row, however its performance ends.
#include <elasticbot/supervisor/fleet/effect_queue.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace elasticbot::supervisor {

namespace {

// True for a scope, however it is left.
class WhileTrue {
public:
    explicit WhileTrue(bool& flag) : flag_(flag) { flag_ = true; }

    ~WhileTrue() { flag_ = false; }

    WhileTrue(const WhileTrue&) = delete;
    WhileTrue& operator=(const WhileTrue&) = delete;

private:
    bool& flag_;
};

}  // namespace

void EffectQueue::add(std::vector<Effect> effects) {
    std::ranges::stable_partition(effects, [](const Effect& next) {
        return std::holds_alternative<effect::Spawn>(next);
    });
    std::ranges::move(effects, std::back_inserter(waiting_));
}

bool EffectQueue::perform_all(const std::function<void(const Effect&)>& perform) {
    if (is_performing_) {
        return false;
    }
    const WhileTrue performing(is_performing_);
    bool was_anything = false;
    while (!waiting_.empty()) {
        const Effect next = std::move(waiting_.front());
        waiting_.pop_front();
        was_anything = true;
        perform(next);
    }
    return was_anything;
}

}  // namespace elasticbot::supervisor
