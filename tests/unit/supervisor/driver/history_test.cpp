// What `logs` shows.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <supervisor/driver/history.hpp>

namespace elasticbot::supervise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(History, ShowsTheLastRecordsOfOneProgramOrOfAll) {
    History history;
    history.add("web", "1");
    history.add("beat", "2");
    history.add("web", "3");
    history.add("web", "4");

    EXPECT_THAT(history.last("", 2), ElementsAre("3", "4"));
    EXPECT_THAT(history.last("web", 2), ElementsAre("3", "4"));
    EXPECT_THAT(history.last("beat", 9), ElementsAre("2"));
    EXPECT_THAT(history.last("worker", 9), IsEmpty());
    EXPECT_THAT(history.last("", 0), IsEmpty());
}

TEST(History, LetsAFollowerGoOnWhereItWas) {
    History history;
    history.add("web", "1");
    std::uint64_t next = history.next();
    history.add("web", "2");
    history.add("beat", "3");
    history.add("web", "4");

    EXPECT_THAT(history.since("web", next, 1), ElementsAre("2"));
    EXPECT_THAT(history.since("web", next, 9), ElementsAre("4"));
    EXPECT_THAT(history.since("web", next, 9), IsEmpty());
    EXPECT_EQ(next, history.next());
}

TEST(History, StaysWithinItsSizeAndSkipsWhatASlowFollowerMissed) {
    History history(1000);
    std::uint64_t next = history.next();
    for (int i = 0; i < 100; ++i) {
        history.add("web", fmt::format("{:0>50}", i));
    }

    const auto records = history.since("", next, 1000);

    EXPECT_LT(records.size(), 20U);
    ASSERT_FALSE(records.empty());
    EXPECT_TRUE(records.back().ends_with("99"));
    EXPECT_EQ(next, history.next());
}

}  // namespace
}  // namespace elasticbot::supervise
