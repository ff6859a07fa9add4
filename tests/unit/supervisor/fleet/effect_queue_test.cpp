// The order in which effects are performed, and what an effect that fails leaves behind.
#include "supervisor_harness.hpp"

#include <elasticbot/supervisor/fleet/effect_queue.hpp>

#include <stdexcept>

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;

effect::Spawn spawn(const std::string& name) {
    return {.program = ProgramName(name), .generation = Generation(1)};
}

effect::Announce announcement(const std::string& name) {
    effect::Announce announce;
    announce.program = ProgramName(name);
    announce.what = What::stopped;
    return announce;
}

std::string in_words(const Effect& effect) {
    const auto* said = std::get_if<effect::Announce>(&effect);
    return said != nullptr ? describe(*said) : describe(effect);
}

TEST(EffectQueue, SpawnsBeforeItSpeaks) {
    EffectQueue queue;
    std::vector<std::string> done;
    queue.add({announcement("a"), spawn("a"), announcement("b"), spawn("b")});

    queue.perform_all([&](const Effect& effect) { done.push_back(in_words(effect)); });

    EXPECT_THAT(done, ElementsAre("spawn a 1", "spawn b 1", "a stopped", "b stopped"));
}

TEST(EffectQueue, PerformsWhatAnEffectCausesBehindWhatWaits) {
    EffectQueue queue;
    std::vector<std::string> done;
    std::function<void(const Effect&)> perform = [&](const Effect& effect) {
        done.push_back(in_words(effect));
        if (done.size() == 1) {
            queue.add({spawn("c")});
            queue.perform_all(perform);
        }
    };
    queue.add({spawn("a"), announcement("b")});

    queue.perform_all(perform);

    EXPECT_THAT(done, ElementsAre("spawn a 1", "b stopped", "spawn c 1"));
}

TEST(EffectQueue, GoesOnAfterAnEffectThatThrows) {
    EffectQueue queue;
    std::vector<std::string> done;
    queue.add({spawn("a"), announcement("b")});
    const auto fail = [](const Effect&) { throw std::runtime_error("no memory"); };
    EXPECT_THROW(queue.perform_all(fail), std::runtime_error);

    queue.perform_all([&](const Effect& effect) { done.push_back(in_words(effect)); });

    EXPECT_THAT(done, ElementsAre("b stopped"));
}

}  // namespace
}  // namespace elasticbot::supervisor
