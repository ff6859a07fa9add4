// When ticks are due. (supervisord-compat.md 14.4, TICK)
#include <elasticbot/supervisord/events/ticks.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

// 1,000,800 is a multiple of 3,600.
WallTime at(double seconds) {
    return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

std::vector<std::string> due(Ticks& ticks, double seconds) {
    std::vector<std::string> all;
    for (const Event& event : ticks.due(at(seconds))) {
        all.push_back(std::string(to_string(event.type)) + " " + event.payload);
    }
    return all;
}

}  // namespace

TEST(EventTicks, AreNotDueAtTheStart) {  // 14.4: none at start
    Ticks ticks(at(1'000'800));

    EXPECT_THAT(due(ticks, 1'000'800), IsEmpty());
    EXPECT_THAT(due(ticks, 1'000'804.999), IsEmpty());
}

TEST(EventTicks, AreDueWhenTheTimeComesToAMultiple) {  // 14.4
    Ticks ticks(at(1'000'742));

    EXPECT_THAT(due(ticks, 1'000'745), ElementsAre("TICK_5 when:1000745"));
    EXPECT_THAT(due(ticks, 1'000'745.1), IsEmpty());
    EXPECT_THAT(due(ticks, 1'000'751.3), ElementsAre("TICK_5 when:1000750"));
    EXPECT_THAT(
        due(ticks, 1'000'800),
        ElementsAre("TICK_5 when:1000800", "TICK_60 when:1000800", "TICK_3600 when:1000800")
    );
    EXPECT_THAT(due(ticks, 1'000'861), ElementsAre("TICK_5 when:1000860", "TICK_60 when:1000860"));
}

TEST(EventTicks, ComeOnceHoweverManyWerePassed) {  // 14.4
    Ticks ticks(at(1'000'800));

    EXPECT_THAT(
        due(ticks, 1'008'123),
        ElementsAre("TICK_5 when:1008120", "TICK_60 when:1008120", "TICK_3600 when:1008000")
    );
}

TEST(EventTicks, ComeWhenTheClockIsSetBackToo) {  // 14.4: crosses a multiple
    Ticks ticks(at(1'000'803));

    EXPECT_THAT(
        due(ticks, 1'000'799),
        ElementsAre("TICK_5 when:1000795", "TICK_60 when:1000740", "TICK_3600 when:997200")
    );
}

TEST(EventTicks, AreLookedForAtTheNextMultiple) {
    EXPECT_EQ(Ticks::until_next(at(1'000'801.25)), 3750ms);
    EXPECT_EQ(Ticks::until_next(at(1'000'800)), 5s);
    EXPECT_EQ(Ticks::until_next(at(1'000'804.999)), 1ms);
}

}  // namespace elasticbot::supervisord
