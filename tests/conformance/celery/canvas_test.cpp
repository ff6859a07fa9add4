// Recorded callbacks, chains and chords of Python's worker: ours sends and stores the same.
// (celery-wire.md 10)
#include <elasticbot/celery/protocol/canvas.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace elasticbot::celery {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(ELASTICBOT_FIXTURES) / "celery";

// The words of a line of MONITOR behind time and client, which stand in quotes with C escapes.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    bool quoted = false;
    for (std::size_t i = line.find(']'); i < line.size(); ++i) {
        if (line[i] == '"') {
            quoted = !quoted;
            if (quoted) {
                words.emplace_back();
            }
        } else if (quoted && line[i] == '\\' && i + 1 < line.size()) {
            const char escaped = line[++i];
            if (escaped == 'x') {
                words.back() += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
                i += 2;
            } else {
                words.back() += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
            }
        } else if (quoted) {
            words.back() += line[i];
        }
    }
    return words;
}

class RecordedCanvas : public testing::Test {
protected:
    void SetUp() override {
        if (!fs::exists(folder)) {
            GTEST_SKIP() << "no recorded canvases in " << folder;
        }
    }

    void read(const std::string& name) {
        const auto fixture = Json::parse(std::ifstream(folder / name));
        for (const auto& line : fixture["monitor"]) {
            const auto words = words_of(line.get<std::string>());
            if (words.size() == 3 && words[0] == "LPUSH") {
                const auto message = decode_envelope(words[2]).value();
                messages[message.headers()["id"].get<std::string>()] = message;
            }
            if (words.size() == 4 && words[0] == "SETEX" && words[3].starts_with('{')) {
                auto result = Json::parse(words[3]);
                results[result["task_id"].get<std::string>()] = result;
            }
            if (words.size() == 4 && words[0] == "ZADD" && words[1].ends_with(".j")) {
                parts.push_back(words[3]);
            }
        }
    }

    TaskMessage task(const std::string& id) const {
        return std::get<TaskMessage>(decode_task(messages.at(id)));
    }

    TaskResult result(const std::string& id) const {
        const auto& stored = results.at(id);
        return {stored["status"], stored["result"], std::nullopt};
    }

    Sender sender() {
        return {
            .new_id = [this] { return "fresh-" + std::to_string(++ids); },
            .origin = "gen1@host",
            .default_queue = "celery",
            .now = {}
        };
    }

    // All but who sent it.
    static Json essence(const Envelope& message) {
        auto headers = message.headers();
        headers.erase("lang");
        headers.erase("origin");
        return {
            {"headers", headers},
            {"body", python_json::parse(body_text(message).value()).value()},
            {"queue", message.routing_key()},
            {"correlation_id", message.properties()["correlation_id"]},
            {"priority", message.priority()}
        };
    }

    std::map<std::string, Envelope> messages;
    std::map<std::string, Json> results;
    std::vector<std::string> parts;
    int ids = 0;
};

std::string id(const std::string& end) {
    return "00000000-0000-0000-0000-0000000000" + end;
}

TEST_F(RecordedCanvas, ACallbackIsSentWithTheResult) {
    read("trace-link.json");

    auto after = following(task(id("d7")), result(id("d7")), sender());

    ASSERT_EQ(after.messages.size(), 1U);
    EXPECT_EQ(after.messages[0].queue, "celery");
    EXPECT_EQ(essence(after.messages[0].message), essence(messages.at(id("d6"))));
    EXPECT_EQ(after.children, results.at(id("d7"))["children"]);
}

TEST_F(RecordedCanvas, TheNextOfAChainIsSentWithTheResult) {
    read("trace-chain.json");

    auto after = following(task(id("d2")), result(id("d2")), sender());

    ASSERT_EQ(after.messages.size(), 1U);
    EXPECT_EQ(essence(after.messages[0].message), essence(messages.at(id("d3"))));
    EXPECT_EQ(after.children, results.at(id("d2"))["children"]);
}

TEST_F(RecordedCanvas, AFailedChainFailsToItsEnd) {
    read("trace-chain-failure.json");

    auto after = following(task(id("d4")), result(id("d4")), sender());

    EXPECT_THAT(after.messages, testing::IsEmpty());
    ASSERT_EQ(after.inherited.size(), 1U);
    EXPECT_EQ(after.inherited[0].task.id.value(), id("d5"));
    EXPECT_EQ(after.inherited[0].result.value, results.at(id("d5"))["result"]);
    EXPECT_EQ(results.at(id("d5"))["status"], after.inherited[0].result.status);
}

TEST_F(RecordedCanvas, PartsOfAChordAreCountedUnderItsGroup) {
    read("trace-chord.json");

    auto after = following(task(id("dd")), result(id("dd")), sender());

    ASSERT_EQ(after.parts.size(), 1U);
    EXPECT_EQ(messages.at(id("dd")).headers()["group"], after.parts[0].group);
    EXPECT_EQ(after.parts[0].index, 1);
    EXPECT_EQ(Json::parse(after.parts[0].text), Json::parse(parts.at(1)));
}

TEST_F(RecordedCanvas, TheBodyOfAChordIsSentWithAllValues) {
    read("trace-chord.json");
    const auto last = task(id("dd"));

    auto after = chord_complete(last, last.embed["chord"], {parts, nullptr}, sender());

    ASSERT_EQ(after.messages.size(), 1U);
    EXPECT_EQ(essence(after.messages[0].message), essence(messages.at(id("de"))));
}

TEST_F(RecordedCanvas, TheBodyOfAChordFailsWithAnyOfItsParts) {
    read("trace-chord-failure.json");
    const auto last = task(id("e0"));

    auto after = chord_complete(last, last.embed["chord"], {parts, nullptr}, sender());

    EXPECT_THAT(after.messages, testing::IsEmpty());
    ASSERT_EQ(after.inherited.size(), 1U);
    EXPECT_EQ(after.inherited[0].task.id.value(), id("e1"));
    EXPECT_EQ(after.inherited[0].result.value, results.at(id("e1"))["result"]);
}

}  // namespace
}  // namespace elasticbot::celery
