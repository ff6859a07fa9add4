// Frames between worker and executor give back what went in, and refuse what is none.
#include <elasticbot/celery/worker/executor.hpp>
#include <elasticbot/celery/worker/wire.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::worker {
namespace {

TEST(Wire, GivesBackWhatWentIn) {
    Job job{
        .id = TaskId("i"),
        .task = "t",
        .args = {1, "ż"},
        .kwargs = {{"k", nullptr}},
        .attempt = 2,
        .max_retries = 3,
        .soft_limit = 90s,
        .due = parse_rfc3339("2026-11-22T14:30:00Z").value(),
        .periodic_task_name = "p",
        .stores_result = true,
        .stores_start_of = "celery@host"
    };
    StoredResult row{
        TaskId("i"), "FAILURE", "{}", "Traceback", R"({"children": [[["c", null], null]]})"
    };
    Outcome outcome{
        .kind = Outcome::Kind::retry,
        .result = {1},
        .message = "m",
        .exception = "E",
        .module = "builtins",
        .countdown = 60s,
        .runtime = 5ms,
        .stored = true
    };

    EXPECT_EQ(std::get<Job>(decode_to_executor(encode(ToExecutor{job})).value()), job);
    EXPECT_EQ(std::get<StoredResult>(decode_to_executor(encode(ToExecutor{row})).value()), row);
    EXPECT_EQ(std::get<Outcome>(decode_to_worker(encode(ToWorker{outcome})).value()), outcome);
    EXPECT_EQ(std::get<Stored>(decode_to_worker(encode(ToWorker{Stored{"e"}})).value()).error, "e");
    EXPECT_TRUE(std::holds_alternative<Ready>(decode_to_worker(encode(ToWorker{Ready{}})).value()));
}

TEST(Wire, RefusesFramesOfNoKnownKind) {
    for (const char* text :
         {"", "{}", "[]", "5", R"({"type": "other"})", R"({"type": "run"})", R"({"type": 5})"}) {
        EXPECT_FALSE(decode_to_executor(text)) << text;
        EXPECT_FALSE(decode_to_worker(text)) << text;
    }
}

TEST(Wire, SizesStandInFrontInNetworkOrder) {
    EXPECT_EQ(frame("ab"), std::string("\0\0\0\2ab", 6));
    EXPECT_EQ(payload_size(frame(std::string(70000, 'x'))).value(), 70000U);
    EXPECT_FALSE(payload_size("\xff\xff\xff\xff"));
}

TEST(Executor, WritesResultsAsCeleryKeepsThem) {
    Job job{.id = TaskId("i")};

    auto good = stored_result(job, {.result = {{"a", 1}}});
    auto bad = stored_result(job, {.kind = Outcome::Kind::failure, .message = "no"});

    EXPECT_EQ(good, (StoredResult{TaskId("i"), "SUCCESS", R"({"a":1})", std::nullopt}));
    EXPECT_EQ(bad.status, "FAILURE");
    EXPECT_EQ(Json::parse(bad.result)["exc_type"], "RuntimeError");
}

}  // namespace
}  // namespace elasticbot::worker
