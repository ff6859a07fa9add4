// Revoked tasks: how many are remembered, and for how long. (celery-wire.md 8)
#include <elasticbot/celery/worker/revocations.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace elasticbot::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Key;

constexpr TimePoint start = TimePoint{} + 1h;

TEST(Revocations, AreRememberedInTheOrderInWhichTheyCame) {
    Revocations revoked;

    revoked.add({"b", "a"}, start);
    revoked.add({"b", "c"}, start + 1s);

    EXPECT_TRUE(revoked.contains("a"));
    EXPECT_FALSE(revoked.contains("d"));
    EXPECT_THAT(revoked.entries(), ElementsAre(Key("b"), Key("a"), Key("c")));
}

TEST(Revocations, AreForgottenAfterThreeHours) {
    Revocations revoked;
    revoked.add({"old"}, start);

    revoked.add({"kept"}, start + 3h);
    EXPECT_TRUE(revoked.contains("old"));
    revoked.add({"new"}, start + 3h + 1ms);

    EXPECT_FALSE(revoked.contains("old"));
    EXPECT_THAT(revoked.entries(), ElementsAre(Key("kept"), Key("new")));
}

TEST(Revocations, OfWhichThereAreTooManyLoseTheOldest) {
    Revocations revoked;
    std::vector<std::string> ids;
    for (std::size_t number = 0; number <= Revocations::most; ++number) {
        ids.push_back(fmt::format("{}", number));
    }

    revoked.add(ids, start);

    EXPECT_FALSE(revoked.contains("0"));
    EXPECT_TRUE(revoked.contains("1"));
    EXPECT_EQ(revoked.entries().size(), Revocations::most);
}

}  // namespace
}  // namespace elasticbot::worker
