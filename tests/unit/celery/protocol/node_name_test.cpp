// Names of workers. (celery-wire.md 11.1; elasticbot-domain.md 8.1)
#include <elasticbot/celery/protocol/node_name.hpp>

#include <gtest/gtest.h>

namespace elasticbot::celery {
namespace {

TEST(NodeName, IsThatOfCeleryForTheOnlyWorker) {
    EXPECT_EQ(node_name("", "", "host.example"), "celery@host.example");
    EXPECT_EQ(node_name("", "worker", "host.example"), "celery@host.example");
}

TEST(NodeName, CountsTheInstancesAsCeleryMultiDoes) {
    EXPECT_EQ(node_name("", "worker:1", "host"), "celery1@host");
    EXPECT_EQ(node_name("", "worker:2", "host"), "celery2@host");
}

TEST(NodeName, TakesTheNameOfAProgramThatIsCalledOtherwise) {
    EXPECT_EQ(node_name("", "heavy", "host"), "heavy@host");
    EXPECT_EQ(node_name("", "heavy:3", "host"), "heavy3@host");
}

TEST(NodeName, IsAsConfiguredAndStillDiffersBetweenInstances) {
    EXPECT_EQ(node_name("market@%h", "worker", "h.example"), "market@h.example");
    EXPECT_EQ(node_name("market", "worker", "h.example"), "market@h.example");
    EXPECT_EQ(node_name("market@%h", "worker:2", "h.example"), "market2@h.example");
}

TEST(NodeName, FillsInThePartsOfTheHost) {
    EXPECT_EQ(node_name("%n@%d", "", "h.example.org"), "h@example.org");
    EXPECT_EQ(node_name("w@%n", "", "plain"), "w@plain");
    EXPECT_EQ(node_name("100%%@%h", "", "h"), "100%@h");
    EXPECT_EQ(node_name("50%@h%", "", "h"), "50%@h%");
}

}  // namespace
}  // namespace elasticbot::celery
