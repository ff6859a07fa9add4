// What follows a task, beyond what was recorded. (celery-wire.md 10)
#include <elasticbot/celery/protocol/canvas.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::celery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime noon{std::chrono::milliseconds{1'795'348'800'000}};

Json signature(const std::string& name, Json options = Json::object(), bool immutable = false) {
    return {
        {"task", name},
        {"args", {name + "'s own"}},
        {"kwargs", Json::object()},
        {"options", std::move(options)},
        {"subtask_type", nullptr},
        {"immutable", immutable}
    };
}

Json compound(const std::string& type, Json kwargs, Json options = Json::object()) {
    return {
        {"task", "celery." + type},
        {"args", Json::array()},
        {"kwargs", std::move(kwargs)},
        {"options", std::move(options)},
        {"subtask_type", type},
        {"immutable", false}
    };
}

Json group(Json tasks, Json options = Json::object()) {
    return compound("group", {{"tasks", std::move(tasks)}}, std::move(options));
}

Json chain(Json tasks, Json options = Json::object()) {
    return compound("chain", {{"tasks", std::move(tasks)}}, std::move(options));
}

TaskMessage task_with(Json embed) {
    TaskMessage task;
    task.id = TaskId("first");
    task.name = "market.fetch";
    task.root_id = "root";
    task.embed = std::move(embed);
    return task;
}

struct Ids {
    int count = 0;

    Sender sender() {
        return {
            .new_id = [this] { return "fresh-" + std::to_string(++count); },
            .origin = "gen1@host",
            .default_queue = "celery",
            .now = noon
        };
    }
};

Following after(Json embed, const TaskResult& result = success(7)) {
    Ids ids;
    return following(task_with(std::move(embed)), result, ids.sender());
}

Json body_of(const Outgoing& sent) {
    return python_json::parse(body_text(sent.message).value()).value();
}

std::vector<std::string> names(const Following& all) {
    std::vector<std::string> found;
    for (const auto& sent : all.messages) {
        found.push_back(sent.message.headers()["task"]);
    }
    return found;
}

TEST(Canvas, OfATaskWithoutSuccessorsIsEmpty) {
    auto nothing = after({{"callbacks", nullptr}, {"chain", Json::array()}});

    EXPECT_THAT(nothing.messages, IsEmpty());
    EXPECT_EQ(nothing.children, Json::array());
    EXPECT_FALSE(has_following(task_with({{"callbacks", nullptr}, {"chain", Json::array()}})));
    EXPECT_TRUE(has_following(task_with({{"errbacks", {signature("e")}}})));
}

TEST(Canvas, LeavesTheArgumentsOfAnImmutableSignatureAlone) {
    auto all = after({{"callbacks", {signature("tell", Json::object(), true)}}});

    EXPECT_EQ(body_of(all.messages.at(0))[0], Json::array({"tell's own"}));
}

TEST(Canvas, TurnsOptionsIntoHeadersAndProperties) {
    auto all = after(
        {{"callbacks",
          {signature(
              "tell",
              {{"task_id", "t-1"},
               {"queue", "slow"},
               {"priority", 6},
               {"countdown", 60},
               {"expires", "2026-11-22T13:00:00Z"},
               {"time_limit", 9},
               {"soft_time_limit", 5},
               {"headers", {{"colour", "red"}}},
               {"link", {signature("then")}},
               {"something_new", 1}}
          )}}}
    );

    ASSERT_EQ(all.messages.size(), 1U);
    const auto& sent = all.messages[0];
    const auto& headers = sent.message.headers();
    EXPECT_EQ(sent.queue, "slow");
    EXPECT_EQ(sent.message.routing_key(), "slow");
    EXPECT_EQ(sent.message.priority(), 6);
    EXPECT_EQ(headers["id"], "t-1");
    EXPECT_EQ(headers["root_id"], "root");
    EXPECT_EQ(headers["parent_id"], "first");
    EXPECT_EQ(headers["eta"], to_rfc3339(noon + 60s));
    EXPECT_EQ(headers["expires"], "2026-11-22T13:00:00Z");
    EXPECT_EQ(headers["timelimit"], Json::array({9, 5}));
    EXPECT_EQ(headers["colour"], "red");
    EXPECT_EQ(body_of(sent)[2]["callbacks"][0]["task"], "then");
}

TEST(Canvas, SendsSeveralCallbacksAsOneGroup) {
    auto all = after({{"callbacks", {signature("a"), signature("b")}}});

    EXPECT_THAT(names(all), ElementsAre("a", "b"));
    const auto& one = all.messages[0].message.headers();
    const auto& other = all.messages[1].message.headers();
    EXPECT_EQ(one["group"], other["group"]);
    EXPECT_EQ(one["group_index"], 0);
    EXPECT_EQ(other["group_index"], 1);
    ASSERT_EQ(all.children.size(), 1U);
    EXPECT_EQ(all.children[0][0][0], one["group"]);
    EXPECT_EQ(all.children[0][1].size(), 2U);
}

TEST(Canvas, SendsTheLastElementOfAChainWithTheRest) {
    auto all = after({{"chain", {signature("third"), signature("second")}}});

    EXPECT_THAT(names(all), ElementsAre("second"));
    auto body = body_of(all.messages[0]);
    EXPECT_EQ(body[0], Json::array({7, "second's own"}));
    EXPECT_EQ(body[2]["chain"], Json::array({signature("third")}));
}

TEST(Canvas, OpensAChainInsideAChain) {
    auto all = after({{"chain", {signature("last"), chain({signature("a"), signature("b")})}}});

    EXPECT_THAT(names(all), ElementsAre("a"));
    auto rest = body_of(all.messages[0])[2]["chain"];
    ASSERT_EQ(rest.size(), 2U);
    EXPECT_EQ(rest[0]["task"], "last");
    EXPECT_EQ(rest[1]["task"], "b");
    EXPECT_TRUE(rest[1]["options"]["task_id"].is_string()) << "a client may wait for it";
}

TEST(Canvas, MakesAChordOfAGroupWithSomethingBehindIt) {
    auto all =
        after({{"callbacks", {chain({group({signature("a"), signature("b")}), signature("sum")})}}}
        );

    EXPECT_THAT(names(all), ElementsAre("a", "b"));
    auto chord = body_of(all.messages[0])[2]["chord"];
    EXPECT_EQ(chord["task"], "sum");
    ASSERT_EQ(all.sizes.size(), 1U);
    EXPECT_EQ(all.sizes[0].size, 2);
    EXPECT_EQ(all.messages[0].message.headers()["group"], all.sizes[0].group);
}

TEST(Canvas, GivesWhatFollowsAChordToItsBody) {
    const Json chord = compound(
        "chord",
        {{"header", group({signature("a"), signature("b")}, {{"task_id", "g"}})},
         {"body", signature("sum")}},
        {{"task_id", "of the body"}}
    );

    auto all = after({{"chain", {signature("last"), chord}}});

    EXPECT_THAT(names(all), ElementsAre("a", "b"));
    auto body = body_of(all.messages[1]);
    EXPECT_EQ(body[0], Json::array({7, "b's own"})) << "each part gets the result";
    EXPECT_TRUE(body[2]["chain"].is_null());
    EXPECT_EQ(body[2]["chord"]["options"]["task_id"], "of the body");
    EXPECT_EQ(body[2]["chord"]["options"]["chain"], Json::array({signature("last")}));
    EXPECT_EQ(all.messages[1].message.headers()["group"], "g");
    EXPECT_EQ(all.sizes.at(0).size, 2);

    Ids ids;
    auto done = chord_complete(
        task_with({}),
        body[2]["chord"],
        {{R"([1, "x", "SUCCESS", 1])", R"([1, "y", "SUCCESS", 2])"}, nullptr},
        ids.sender()
    );
    EXPECT_THAT(names(done), ElementsAre("sum"));
    EXPECT_EQ(body_of(done.messages[0])[0], Json::array({Json::array({1, 2}), "sum's own"}));
    EXPECT_EQ(body_of(done.messages[0])[2]["chain"], Json::array({signature("last")}));
}

TEST(Canvas, KeepsTheIdsOfAChainThatIsTheBodyOfAChord) {
    const auto body =
        chain({signature("sum", {{"task_id", "1"}}), signature("tell", {{"task_id", "2"}})});
    const auto chord =
        compound("chord", {{"header", {signature("a")}}, {"body", body}}, {{"task_id", "another"}});

    auto all = after({{"chain", {chord}}});
    auto carried = body_of(all.messages.at(0))[2]["chord"];
    Ids ids;
    auto done = chord_complete(
        task_with({}), carried, {{R"([1, "a", "SUCCESS", 1])"}, nullptr}, ids.sender()
    );

    EXPECT_EQ(done.messages.at(0).message.headers()["id"], "1");
    auto rest = body_of(done.messages.at(0))[2]["chain"];
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0]["options"]["task_id"], "2");
}

TEST(Canvas, RunsTheBodyOfAnEmptyChordAtOnce) {
    auto all = after(
        {{"callbacks", {compound("chord", {{"header", Json::array()}, {"body", signature("sum")}})}}
        }
    );

    EXPECT_THAT(names(all), ElementsAre("sum"));
    EXPECT_EQ(body_of(all.messages[0])[0], Json::array({Json::array(), "sum's own"}));
    EXPECT_THAT(all.sizes, IsEmpty());
}

TEST(Canvas, CountsTheLastOfAChainAsPartOfAChord) {
    auto all = after(
        {{"callbacks",
          {compound(
              "chord",
              {{"header", {chain({signature("a"), signature("b")}), signature("c")}},
               {"body", signature("sum")}}
          )}}}
    );

    EXPECT_THAT(names(all), ElementsAre("a", "c"));
    EXPECT_EQ(all.sizes.at(0).size, 2);
    auto chained = body_of(all.messages[0])[2];
    EXPECT_TRUE(chained["chord"].is_null());
    EXPECT_EQ(chained["chain"][0]["task"], "b");
    EXPECT_EQ(chained["chain"][0]["options"]["chord"]["task"], "sum");
    EXPECT_EQ(chained["chain"][0]["options"]["group_id"], all.sizes[0].group);
    EXPECT_EQ(chained["chain"][0]["options"]["group_index"], 0);
}

TEST(Canvas, CallsErrorCallbacksWithTheIdOfTheFailedTask) {
    auto all = after(
        {{"callbacks", {signature("never")}}, {"errbacks", {signature("a"), signature("b")}}},
        failure("ValueError", "builtins", "boom")
    );

    EXPECT_THAT(names(all), ElementsAre("a", "b"));
    EXPECT_EQ(body_of(all.messages[0])[0], Json::array({"first", "a's own"}));
    EXPECT_EQ(all.messages[0].message.headers()["parent_id"], "first");
    EXPECT_EQ(
        all.messages[0].message.headers()["group"], all.messages[1].message.headers()["group"]
    );
}

TEST(Canvas, OfARevokedTaskIsItsPartOfTheChordAlone) {
    auto task = task_with({{"chord", signature("sum")}, {"errbacks", {signature("a")}}});
    task.group = "g";
    Ids ids;

    auto all = following(
        task,
        {"REVOKED", exception_value("TaskRevokedError", "celery.exceptions", "revoked"), {}},
        ids.sender()
    );

    EXPECT_THAT(all.messages, IsEmpty());
    ASSERT_EQ(all.parts.size(), 1U);
    EXPECT_FALSE(all.parts[0].index);
}

TEST(Canvas, HasNothingToDoForATaskThatWillRunAgain) {
    auto all = after(
        {{"callbacks", {signature("never")}}, {"errbacks", {signature("nor this")}}},
        {"RETRY", exception_value("RuntimeError", "builtins", "again"), {}}
    );

    EXPECT_THAT(all.messages, IsEmpty());
}

TEST(Canvas, KeepsTheShapeOfNestedGroupsInAChord) {
    Ids ids;

    auto all = chord_complete(
        task_with({}),
        signature("sum"),
        {{R"([1, "a", "SUCCESS", 1])", R"([1, "b", "SUCCESS", 2])", R"([1, "c", "SUCCESS", 3])"},
         Json::parse(
             R"([[["a", null], null], [["g", null], [[["b", null], null], [["c", null], null]]]])"
         )},
        ids.sender()
    );

    EXPECT_EQ(
        body_of(all.messages.at(0))[0],
        Json::array({Json::array({1, Json::array({2, 3})}), "sum's own"})
    );
}

TEST(Canvas, FailsEveryTaskThatTheBodyOfAFailedChordConsistsOf) {
    const Json body = chain(
        {signature("a", {{"task_id", "1"}}), signature("b", {{"task_id", "2"}})},
        {{"link_error", {signature("tell")}}}
    );
    Ids ids;

    auto all = chord_complete(
        task_with({}),
        body,
        {{R"([1, "x", "FAILURE", {"exc_type": "KeyError", "exc_message": ["k"]}])"}, nullptr},
        ids.sender()
    );

    ASSERT_EQ(all.inherited.size(), 2U);
    EXPECT_EQ(all.inherited[1].task.id.value(), "2");
    EXPECT_EQ(all.inherited[1].result.value["exc_message"][0], "Dependency x raised KeyError('k')");
    EXPECT_THAT(names(all), ElementsAre("tell"));
}

}  // namespace
}  // namespace elasticbot::celery
