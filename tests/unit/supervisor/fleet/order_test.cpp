// Start and stop order; unknown names and cycles are named. (hardening F11)
#include <elasticbot/supervisor/fleet/order.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Program named(const std::string& name, const std::vector<std::string>& after = {}) {
    Program program;
    program.name = ProgramName(name);
    for (const std::string& other : after) {
        program.after.emplace_back(other);
    }
    return program;
}

TEST(StartOrder, PutsEachBehindAllThatItIsAfter) {
    const auto order =
        start_order({named("web", {"migrate"}), named("migrate", {"db"}), named("db")});

    ASSERT_TRUE(order);
    EXPECT_THAT(*order, ElementsAre(2, 1, 0));
}

TEST(StartOrder, KeepsFileOrderAmongEquals) {
    const auto order = start_order({named("c"), named("a"), named("b", {"a", "c"})});

    ASSERT_TRUE(order);
    EXPECT_THAT(*order, ElementsAre(0, 1, 2));
}

TEST(StartOrder, IsEmptyForNoPrograms) {
    EXPECT_THAT(*start_order({}), IsEmpty());
}

TEST(StartOrder, NamesTheCycle) {
    const auto order = start_order({named("x", {"a"}), named("a", {"b"}), named("b", {"a"})});

    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().code, Errc::invalid);
    EXPECT_THAT(order.error().message, HasSubstr(": a after b after a"));
}

TEST(StartOrder, RefusesAProgramAfterItself) {
    const auto order = start_order({named("a", {"a"})});

    ASSERT_FALSE(order);
    EXPECT_THAT(order.error().message, HasSubstr("a after a"));
}

TEST(StartOrder, NamesAProgramThatDoesNotExist) {
    const auto order = start_order({named("web", {"redsi"})});

    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().code, Errc::not_found);
    EXPECT_THAT(order.error().message, HasSubstr("web is after redsi"));
}

TEST(StartOrder, HoldsForAChainOfThousands) {
    std::vector<Program> programs;
    for (int index = 0; index < 20'000; ++index) {
        programs.push_back(named(std::to_string(index), {std::to_string(index + 1)}));
    }
    programs.push_back(named("20000"));

    const auto order = start_order(programs);

    ASSERT_TRUE(order);
    EXPECT_EQ(order->front(), 20'000U);
    EXPECT_EQ(order->back(), 0U);
}

TEST(StopOrder, FollowsStopAfter) {
    Program db = named("db");
    db.stop_after = {ProgramName("web")};

    const auto order = stop_order({db, named("web")});

    ASSERT_TRUE(order);
    EXPECT_THAT(*order, ElementsAre(1, 0));
}

TEST(StopOrder, BeginsWithTheLastAmongEquals) {
    Program db = named("db");
    db.stop_after = {ProgramName("web"), ProgramName("beat")};

    const auto order = stop_order({db, named("web"), named("beat")});

    ASSERT_TRUE(order);
    EXPECT_THAT(*order, ElementsAre(2, 1, 0));
}

TEST(StopOrder, NamesItsOwnKeyInACycle) {
    Program one = named("one");
    Program two = named("two");
    one.stop_after = {two.name};
    two.stop_after = {one.name};

    const auto order = stop_order({one, two});

    ASSERT_FALSE(order);
    EXPECT_THAT(order.error().message, HasSubstr("two stop_after one stop_after two"));
}

}  // namespace
}  // namespace elasticbot::supervisor
