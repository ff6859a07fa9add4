// Messages recorded from Python Celery 5.2.6 decode, and encode to the same JSON. (celery-wire.md 3
// to 6)
#include <elasticbot/celery/protocol/keys.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/result.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace elasticbot::celery {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(ELASTICBOT_FIXTURES) / "celery";

Json read_fixture(const std::string& name) {
    std::ifstream file(folder / name);
    return Json::parse(file);
}

struct Recorded {
    std::string file;
    std::string list;
    std::string text;
    Json body;
};

std::vector<Recorded> recorded_messages() {
    std::vector<Recorded> messages;
    if (!fs::exists(folder)) {
        return messages;
    }
    for (const auto& entry : read_fixture("index.json")["files"]) {
        auto name = entry["file"].get<std::string>();
        if (!name.starts_with("msg-")) {
            continue;
        }
        auto fixture = read_fixture(name);
        for (const auto& [list, items] : fixture["lists"].items()) {
            for (std::size_t i = 0; i < items.size(); ++i) {
                auto bodies = fixture.value("body", Json::array());
                messages.push_back(
                    {name, list, items[i].get<std::string>(), i < bodies.size() ? bodies[i] : Json()
                    }
                );
            }
        }
    }
    return messages;
}

class RecordedMessages : public testing::Test {
protected:
    void SetUp() override {
        if (messages.empty()) {
            GTEST_SKIP() << "no recorded messages in " << folder;
        }
    }

    std::vector<Recorded> messages = recorded_messages();
};

TEST_F(RecordedMessages, EncodeToTheJsonTheyWereDecodedFrom) {
    for (const auto& message : messages) {
        auto envelope = decode_envelope(message.text);
        ASSERT_TRUE(envelope) << message.file << ": " << envelope.error().message;
        EXPECT_EQ(Json::parse(encode(*envelope)), Json::parse(message.text)) << message.file;
    }
}

TEST_F(RecordedMessages, AreTasksUnlessTheirSerializerIsRefused) {
    for (const auto& message : messages) {
        auto decoded = decode_task(decode_envelope(message.text).value());
        bool refused = message.file.starts_with("msg-serializer-");
        ASSERT_EQ(std::holds_alternative<Refused>(decoded), refused) << message.file;
        if (refused) {
            EXPECT_EQ(std::get<Refused>(decoded).exception, "ContentDisallowed") << message.file;
            EXPECT_FALSE(std::get<Refused>(decoded).id.empty()) << message.file;
            continue;
        }
        const auto& task = std::get<TaskMessage>(decoded);
        const auto& body = message.body;
        EXPECT_EQ(task.args, body.is_array() ? body[0] : body["args"]) << message.file;
        EXPECT_EQ(task.kwargs, body.is_array() ? body[1] : body["kwargs"]) << message.file;
        EXPECT_TRUE(task.name.starts_with("elasticbot.debug."))
            << message.file << ": " << task.name;
    }
}

TEST_F(RecordedMessages, LieInTheListOfTheirPriority) {
    for (const auto& message : messages) {
        auto envelope = decode_envelope(message.text).value();
        EXPECT_EQ(message.list, keys::queue(envelope.routing_key(), envelope.priority()))
            << message.file;
    }
}

// What we send has every key that Python's own messages have.
TEST_F(RecordedMessages, HaveNoKeyThatOursLack) {
    auto python = decode_envelope(messages.front().text).value();
    NewTask task{
        .name = "t", .id = TaskId("i"), .origin = "gen1@h", .reply_to = "r", .delivery_tag = "d"
    };
    auto ours = make_task(task, WallTime{});
    for (const auto& [key, value] : python.document.items()) {
        EXPECT_TRUE(ours.document.contains(key)) << key;
    }
    for (const auto& [key, value] : python.headers().items()) {
        EXPECT_TRUE(ours.headers().contains(key)) << key;
    }
    for (const auto& [key, value] : python.properties().items()) {
        EXPECT_TRUE(ours.properties().contains(key)) << key;
    }
}

TEST_F(RecordedMessages, PutBackByPythonLookAsThoseThatWePutBack) {
    auto fixture = read_fixture("trace-shutdown.json");
    std::size_t compared = 0;
    for (const auto& item : fixture["lists"]["celery"]) {
        auto put_back = decode_envelope(item.get<std::string>()).value();
        auto before = put_back;
        before.document["headers"].erase("redelivered");
        before.document["properties"]["delivery_info"].erase("redelivered");
        EXPECT_EQ(redelivery_of(before), put_back);
        ++compared;
    }
    EXPECT_GT(compared, 0U);
}

TEST_F(RecordedMessages, ResultsHaveTheKeysOfPythons) {
    for (const char* name : {"trace-success.json", "trace-failure.json", "trace-expired.json"}) {
        auto fixture = read_fixture(name);
        for (const auto& [key, stored] : fixture["results"].items()) {
            auto python = Json::parse(stored["value"].get<std::string>());
            TaskMessage task;
            task.id = TaskId(python["task_id"].get<std::string>());
            EXPECT_EQ(key, keys::result(task.id.value()));
            TaskResult result{python["status"].get<std::string>(), python["result"], std::nullopt};
            auto ours = Json::parse(encode_result(result, task, WallTime{}));
            for (const char* changing : {"date_done", "traceback"}) {
                python.erase(changing);
                ours.erase(changing);
            }
            EXPECT_EQ(ours, python) << name;
        }
    }
}

}  // namespace
}  // namespace elasticbot::celery
