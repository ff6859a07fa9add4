// Messages that Python's DatabaseScheduler sent for two rows, and ours for the same rows. (beat.md
// 4)
#include <elasticbot/celery/beat/firing.hpp>
#include <elasticbot/celery/protocol/message.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace elasticbot::beat {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;

const std::filesystem::path fixture =
    std::filesystem::path(ELASTICBOT_FIXTURES) / "celery/beat-database.json";

class RecordedBeat : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(fixture)) {
            GTEST_SKIP() << "no recording at " << fixture;
        }
        std::ifstream file(fixture);
        recorded = Json::parse(file);
        now = parse_rfc3339("2026-11-22T16:23:09.081Z").value();
    }

    // As it stands in the table.
    static store::ScheduleRow row_of(const Json& recorded) {
        auto text = [&](const char* name) -> std::optional<std::string> {
            return recorded[name].is_null() ? std::nullopt
                                            : std::optional(recorded[name].get<std::string>());
        };
        store::ScheduleRow row;
        row.id = recorded["id"];
        row.definition.name = recorded["name"];
        row.definition.task = recorded["task"];
        row.definition.args = recorded["args"];
        row.definition.kwargs = recorded["kwargs"];
        row.definition.headers = recorded["headers"];
        row.definition.queue = text("queue");
        if (!recorded["priority"].is_null()) {
            row.definition.priority = recorded["priority"].get<int>();
        }
        if (!recorded["expire_seconds"].is_null()) {
            row.definition.expire_seconds = recorded["expire_seconds"].get<std::int64_t>();
        }
        row.definition.timing = store::IntervalColumns{.every = 1, .period = "seconds"};
        return row;
    }

    store::FiringMessage ours_for(const Json& row) const {
        Ticker ticker;
        auto update = ticker.update({row_of(row)}, now - 1s);
        EXPECT_TRUE(update.warnings.empty());
        auto due = ticker.due(now);
        EXPECT_EQ(due.size(), 1U);
        auto firing = make_firing(due.at(0), now, {.origin = "gen1@host1", .database = "db"}, [] {
            return "fresh-tag";
        });
        EXPECT_EQ(firing.messages.size(), 1U);
        return firing.messages.at(0);
    }

    // The list and the first message that Python sent for this row.
    std::pair<std::string, celery::Envelope> theirs_for(const std::string& name) const {
        for (const auto& [list, items] : recorded["lists"].items()) {
            auto envelope = celery::decode_envelope(items[0].get<std::string>()).value();
            if (envelope.properties()["periodic_task_name"] == name) {
                return {list, envelope};
            }
        }
        ADD_FAILURE() << "no message for " << name;
        return {};
    }

    Json recorded;
    WallTime now;
};

// All but ids, tags, the sender and the moment.
Json comparable(Json headers) {
    for (const char* volatile_one : {"id", "root_id", "origin", "lang", "expires"}) {
        EXPECT_TRUE(headers.contains(volatile_one)) << volatile_one;
        headers.erase(volatile_one);
    }
    return headers;
}

Json body_of(const celery::Envelope& envelope) {
    return Json::parse(celery::body_text(envelope).value());
}

TEST_F(RecordedBeat, SendsTheSameHeadersAndBodyToTheSameList) {
    ASSERT_EQ(recorded["rows"].size(), 2U);
    for (const auto& row : recorded["rows"]) {
        const std::string name = row["name"];
        const auto ours = ours_for(row);
        const auto envelope = celery::decode_envelope(ours.message).value();
        const auto [list, theirs] = theirs_for(name);

        EXPECT_EQ(ours.queue, list) << name;
        EXPECT_EQ(body_of(envelope), body_of(theirs));

        auto headers = comparable(envelope.headers());
        EXPECT_EQ(headers["periodic_task_name"], name) << "where 2.9 and its results look for it";
        EXPECT_EQ(headers["elasticbot-due"], "2026-11-22T16:23:09.000Z");
        headers.erase("periodic_task_name");
        headers.erase("elasticbot-due");
        EXPECT_EQ(headers, comparable(theirs.headers())) << name;
        EXPECT_EQ(envelope.headers()["root_id"], envelope.headers()["id"]);
        EXPECT_EQ(envelope.headers()["expires"].is_null(), theirs.headers()["expires"].is_null());
        for (const char* key : {"content-type", "content-encoding"}) {
            EXPECT_EQ(envelope.document[key], theirs.document[key]);
        }
    }
}

TEST_F(RecordedBeat, SendsTheSameProperties) {
    for (const auto& row : recorded["rows"]) {
        const auto envelope = celery::decode_envelope(ours_for(row).message).value();
        const auto theirs = theirs_for(row["name"]).second;

        const Json& properties = envelope.properties();
        for (const char* key :
             {"delivery_mode", "delivery_info", "priority", "body_encoding", "expiration"}) {
            EXPECT_EQ(properties.value(key, Json()), theirs.properties().value(key, Json())) << key;
        }
        EXPECT_EQ(properties["correlation_id"], envelope.headers()["id"]);
        EXPECT_EQ(properties["delivery_tag"], "fresh-tag");
    }
}

// The log line that people search for.
TEST_F(RecordedBeat, SaysWhatPythonSays) {
    for (const auto& row : recorded["rows"]) {
        EXPECT_THAT(
            recorded["log"].get<std::vector<std::string>>(),
            Contains(::testing::EndsWith("] " + sending_line(row_of(row).definition)))
        );
    }
}

}  // namespace
}  // namespace elasticbot::beat
