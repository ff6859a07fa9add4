// Control requests recorded from `celery inspect` and `celery control`, answered as Python's worker
// answered them. (celery-wire.md 11)
#include <elasticbot/celery/protocol/control.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <set>

namespace elasticbot::celery {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(ELASTICBOT_FIXTURES) / "celery";
constexpr std::string_view node = "w1@fixture";

class RecordedControl : public testing::Test {
protected:
    void SetUp() override {
        if (!fs::exists(folder)) {
            GTEST_SKIP() << "no recorded control commands in " << folder;
        }
    }

    static Json fixture(const std::string& name) {
        return Json::parse(std::ifstream(folder / name));
    }

    static std::vector<ControlRequest> requests(const std::string& name) {
        std::vector<ControlRequest> all;
        for (const auto& published : fixture(name)["published"]) {
            if (published["channel"] == "/0.celery.pidbox") {
                all.push_back(
                    decode_control(decode_envelope(published["payload"].get<std::string>()).value())
                        .value()
                );
            }
        }
        return all;
    }

    static Json answer_to(std::string_view method, Json arguments, const WorkerView& worker) {
        ControlRequest request;
        request.method = method;
        request.arguments = std::move(arguments);
        return answer(request, worker).reply.value_or(Json("no reply"));
    }
};

TEST_F(RecordedControl, RequestsDecode) {
    std::set<std::string> methods;
    for (const char* name :
         {"control-inspect.json", "control-commands.json", "control-events.json"}) {
        for (const auto& request : requests(name)) {
            methods.insert(request.method);
        }
    }
    EXPECT_THAT(
        methods,
        testing::IsSupersetOf({"ping", "active", "stats", "revoke", "shutdown", "enable_events"})
    );
}

TEST_F(RecordedControl, AnswersAreThoseOfPython) {
    auto replies = fixture("control-inspect.json")["replies"];
    WorkerView worker{.node = std::string(node), .queues = {"celery"}, .clock = 100};

    EXPECT_EQ(answer_to("ping", Json::object(), worker), replies["ping"][node]);
    EXPECT_EQ(answer_to("reserved", Json::object(), worker), replies["reserved"][node]);
    EXPECT_EQ(answer_to("active_queues", Json::object(), worker), replies["active_queues"][node]);
    EXPECT_EQ(answer_to("clock", Json::object(), worker), replies["clock"][node]);
    EXPECT_EQ(
        answer_to("query_task", {{"ids", {"x"}}}, worker), replies["query_task_unknown"][node]
    );

    auto commands = fixture("control-commands.json")["replies"];
    for (const auto& request : requests("control-commands.json")) {
        if (request.method == "no_such_command") {
            EXPECT_EQ(answer(request, worker).reply, commands["unknown_command"][0][node]);
        }
        if (request.method == "revoke" && request.arguments["task_id"].is_string() &&
            request.arguments.value("terminate", Json(false)) != Json(true)) {
            EXPECT_EQ(answer(request, worker).reply, commands["revoke"][0][node]);
        }
        if (request.method == "autoscale") {
            EXPECT_EQ(answer(request, worker).reply, commands["autoscale_off"][0][node]);
        }
    }
    EXPECT_EQ(
        answer_to("revoke", {{"task_id", "x"}, {"terminate", true}, {"signal", "SIGTERM"}}, worker),
        commands["terminate_unknown"][0][node]
    );
}

// celery-wire.md 13: Python takes over a revocation only with a float beside it.
TEST_F(RecordedControl, AGreetingIsAnsweredWithTheTimesOfRevocations) {
    WorkerView worker{.node = std::string(node), .revoked = {{"unwanted", 1795363055.5}}};

    auto reply = answer_to("hello", {{"from_node", "w2@fixture"}, {"revoked", {}}}, worker);

    EXPECT_EQ(reply["revoked"], (Json{{"unwanted", 1795363055.5}}));
    EXPECT_EQ(answer_to("hello", {{"from_node", node}}, worker), Json());
    ControlRequest asked;
    auto greeting = decode_greeting(control_reply(asked, node, reply, 1, "tag"));
    ASSERT_TRUE(greeting);
    EXPECT_EQ(greeting->revoked, std::vector<std::string>{"unwanted"});
    EXPECT_FALSE(decode_greeting(control_reply(asked, node, nullptr, 1, "tag")));
}

TEST_F(RecordedControl, LimitsAreSetAndRefusedAsByPython) {
    auto replies = fixture("control-commands.json")["replies"];
    WorkerView worker{.node = std::string(node), .registered = {"elasticbot.debug.noop"}};
    auto limit = [&](std::string_view task, const Json& rate) {
        return answer_to("rate_limit", {{"task_name", task}, {"rate_limit", rate}}, worker);
    };

    EXPECT_EQ(limit("elasticbot.debug.noop", "10/m"), replies["rate_limit"][0][node]);
    EXPECT_EQ(limit("elasticbot.debug.noop", "0"), replies["rate_limit_off"][0][node]);
    EXPECT_EQ(limit("no.such", "10/m"), replies["rate_limit_unknown"][0][node]);
    EXPECT_EQ(limit("elasticbot.debug.noop", "10/x"), replies["rate_limit_bad"][0][node]);
    for (const auto& request : requests("control-commands.json")) {
        if (request.method == "time_limit") {
            const bool known = request.arguments["task_name"] == "elasticbot.debug.noop";
            EXPECT_EQ(
                answer(request, worker).reply,
                replies[known ? "time_limit" : "time_limit_unknown"][0][node]
            );
        }
    }
}

TEST_F(RecordedControl, AnActiveTaskIsDescribedAsByPython) {
    auto expected = fixture("control-inspect.json")["replies"]["active"][node][0];
    auto state = fixture("state-unacked.json");
    for (const auto& [tag, triple] : state["unacked"].items()) {
        auto envelope = Envelope{Json::parse(triple.get<std::string>())[0]};
        auto task = std::get<TaskMessage>(decode_task(envelope));
        if (Json(task.id.value()) != expected["id"]) {
            continue;
        }
        Delivery delivery(envelope, task, {});
        delivery.receive(false, WallTime{});
        delivery.start(WallTime{}, TimePoint{}, "");
        WorkerView worker{
            .node = std::string(node),
            .deliveries = {&delivery},
            .executor_of = {{task.id.value(), 3734}}
        };

        auto info = answer_to("active", {{"safe", nullptr}}, worker)[0];
        info["time_start"] = expected["time_start"];
        EXPECT_EQ(info, expected);
        return;
    }
    FAIL() << "the active task is not among the unacknowledged ones";
}

TEST_F(RecordedControl, EventCommandsSayWhatChanged) {
    auto replies = fixture("control-events.json")["replies"];
    WorkerView off{.node = std::string(node)};
    WorkerView on{.node = std::string(node), .events_enabled = true};

    EXPECT_EQ(answer_to("enable_events", Json::object(), off), replies["enable_events"][0][node]);
    EXPECT_EQ(
        answer_to("enable_events", Json::object(), on), replies["enable_events_again"][0][node]
    );
    EXPECT_EQ(answer_to("disable_events", Json::object(), on), replies["disable_events"][0][node]);
    EXPECT_EQ(
        answer_to("disable_events", Json::object(), off), replies["disable_events_again"][0][node]
    );
    EXPECT_EQ(answer_to("shutdown", Json::object(), on), Json("no reply"));
}

}  // namespace
}  // namespace elasticbot::celery
