#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace elasticbot::log {

static const WallTime noon = parse_rfc3339("2026-11-22T12:04:07.312Z").value();

static Record snapshot_done() {
    return {
        .time = noon,
        .level = Level::info,
        .message = "done",
        .role = "worker",
        .event = "market.snapshot",
        .fields = {{"duration_ms", 812}, {"offers", 431}, {"source", "binance p2p"}, {"ok", true}},
    };
}

TEST(FormatJson, KeepsTheOrderOfKeys) {
    EXPECT_EQ(
        format_json(snapshot_done()),
        R"({"time":"2026-11-22T12:04:07.312Z","level":"info","message":"done","role":"worker",)"
        R"("event":"market.snapshot","duration_ms":812,"offers":431,"source":"binance p2p","ok":true})"
    );
}

TEST(FormatJson, IsOneLineOfValidUtf8) {
    Record record{.time = noon, .message = "a\nb\xFF", .role = "", .event = "", .fields = {}};

    EXPECT_EQ(
        format_json(record),
        "{\"time\":\"2026-11-22T12:04:07.312Z\",\"level\":\"info\",\"message\":"
        "\"a\\nb\xEF\xBF\xBD\"}"
    );
}

TEST(FormatJson, CutsWhatIsTooLong) {
    Record record = snapshot_done();
    record.message = std::string(20'000, 'x');
    record.fields.emplace_back("body", std::string(30'000, '\xFF'));

    const std::string line = format_json(record);

    EXPECT_LE(line.size(), 15'000U);
    const Json parsed = json::parse(line).value();
    EXPECT_EQ(parsed["truncated"], true);
    EXPECT_EQ(parsed["offers"], 431);
    EXPECT_GT(parsed["message"].get<std::string>().size(), 1'000U);
}

TEST(FormatJson, CutsEvenWhenFieldNamesAreTooLong) {
    Record record = snapshot_done();
    for (int i = 0; i < 2'000; ++i) {
        record.fields.emplace_back("field_" + std::to_string(i), i);
    }

    EXPECT_LE(format_json(record).size(), 15'000U);
}

TEST(FormatJson, AFieldCannotReplaceAKey) {
    Record record = snapshot_done();
    record.fields = {{"level", "forged"}};

    EXPECT_EQ(json::parse(format_json(record)).value()["level"], "info");
}

TEST(FormatHuman, AlignsColumns) {
    EXPECT_EQ(
        format_human(snapshot_done(), {.colour = false, .role_width = 7}),
        "12:04:07.312 worker  INFO  market.snapshot done 812ms offers=431 source=\"binance p2p\" "
        "ok=true"
    );
}

TEST(FormatHuman, ColoursRoleAndLevel) {
    const std::string line = format_human(snapshot_done(), {.colour = true, .role_width = 7});

    EXPECT_THAT(line, testing::HasSubstr("\x1b[32mINFO \x1b[0m"));
    EXPECT_THAT(line, testing::ContainsRegex("\x1b\\[[0-9]+mworker \x1b\\[0m"));
}

TEST(FormatHuman, NeutralisesControlCharacters) {
    const Record record{
        .time = noon, .message = "a\x1b[2Jb\nat c", .role = "web", .event = "", .fields = {}
    };

    EXPECT_EQ(
        format_human(record, {.colour = false, .role_width = 3}),
        "12:04:07.312 web INFO  a\\x1b[2Jb\n    at c"
    );
}

TEST(FormatLogfmt, QuotesWhereNeeded) {
    Record record = snapshot_done();
    record.message = "said \"no\"\n";

    EXPECT_EQ(
        format_logfmt(record),
        "time=2026-11-22T12:04:07.312Z level=info message=\"said \\\"no\\\"\\n\" role=worker "
        "event=market.snapshot duration_ms=812 offers=431 source=\"binance p2p\" ok=true"
    );
}

TEST(ParseLine, ReadsBackARecordOfOurs) {
    EXPECT_EQ(parse_line(format_json(snapshot_done()), "other", WallTime{}), snapshot_done());
}

TEST(ParseLine, TakesOverForeignJson) {
    const Record record = parse_line(
        R"({"msg": "slow", "severity": "WARNING", "ts": 1.5, "big": 18446744073709551615, "tags": ["a"], "none": null})",
        "api",
        noon
    );

    EXPECT_EQ(record.message, "slow");
    EXPECT_EQ(record.level, Level::warn);
    EXPECT_EQ(record.role, "api");
    EXPECT_EQ(record.time, noon);
    EXPECT_EQ(
        record.fields, (Fields{{"ts", 1.5}, {"big", 18446744073709551615.0}, {"tags", R"(["a"])"}})
    );
}

TEST(ParseLine, LeavesOtherJsonAsItIs) {
    for (const char* line : {R"({"a": 1})", R"([1])", R"({"message": 5})", R"({"message":)"}) {
        EXPECT_EQ(parse_line(line, "api", noon).message, line);
    }
}

TEST(ParseLine, RepairsAndTrimsPlainText) {
    EXPECT_EQ(parse_line("  at x\xFF \r", "api", noon).message, "  at x\xEF\xBF\xBD");
}

TEST(ParseLine, GuessesTheLevelFromThePrefix) {
    const auto level = [](std::string_view line) { return parse_line(line, "api", noon).level; };

    EXPECT_EQ(level("ERROR: relation \"x\" does not exist"), Level::error);
    EXPECT_EQ(level("[CRITICAL] out of memory"), Level::error);
    EXPECT_EQ(level("ts=1 level=warn msg=slow"), Level::warn);
    EXPECT_EQ(level("[2026-01-02 10:00:00,000: WARNING/MainProcess] slow"), Level::warn);
    EXPECT_EQ(level("2026/01/02 10:00:00 [error] 12#0: open() failed"), Level::error);
    EXPECT_EQ(level("2026-01-02 10:00:00.000 UTC [12] LOG:  checkpoint"), Level::info);
    EXPECT_EQ(
        level("2026-01-02 10:00:00.000 UTC [12] FATAL:  the database system is starting up"),
        Level::info
    );
    EXPECT_EQ(
        level("2026-01-02 10:00:00.000 UTC [12] FATAL:  role \"x\" does not exist"), Level::error
    );
    EXPECT_EQ(level("2026-01-02T10:00:00Z DEBUG tick"), Level::debug);
    EXPECT_EQ(level("Error: listen EADDRINUSE"), Level::error);
    EXPECT_EQ(level("DEBUG:root:hello"), Level::debug);

    EXPECT_EQ(level("error rate is 0"), Level::info);
    EXPECT_EQ(level("finished without ERROR"), Level::info);
    EXPECT_EQ(level("listening on 8000"), Level::info);
    EXPECT_EQ(level(""), Level::info);
}

TEST(ParseLevel, AcceptsTheWordsOfOthers) {
    EXPECT_EQ(parse_level("WARNING"), Level::warn);
    EXPECT_EQ(parse_level("critical"), Level::error);
    EXPECT_EQ(parse_level("loud"), std::nullopt);
    EXPECT_EQ(parse_format("logfmt"), Format::logfmt);
    EXPECT_EQ(parse_format("xml"), std::nullopt);
}

// Puts the logger back as it was when the test began.
class Logger : public testing::Test {
protected:
    ~Logger() override {
        set_sink(nullptr);
        configure({.level = Level::warn});
    }
};

TEST_F(Logger, DropsWhatIsBelowTheLevel) {
    std::vector<std::string> events;
    set_sink([&](const Record& record) { events.push_back(record.role + ":" + record.event); });
    configure({.level = Level::info, .role = "web"});

    debug("http.request", "request");
    info("program.ready", "program ready");
    error("program.failed", "program failed", {{"code", 1}});

    EXPECT_THAT(events, testing::ElementsAre("web:program.ready", "web:program.failed"));
}

TEST_F(Logger, ASinkMayLogAndBeReplaced) {
    int count = 0;
    configure({.level = Level::info});
    set_sink([&](const Record&) {
        ++count;
        set_sink([&](const Record&) { ++count; });
        info("inner", "inner");
    });

    info("outer", "outer");

    EXPECT_EQ(count, 2);
}

TEST_F(Logger, WritesWholeLinesToAFullNonBlockingPipe) {
    constexpr int lines = 5'000;
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(::pipe2(pipe_ends.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK), 0);
    const int kept = ::dup(STDOUT_FILENO);
    ASSERT_GE(::dup2(pipe_ends[1], STDOUT_FILENO), 0);
    ::close(pipe_ends[1]);
    std::string received;
    std::thread reader([&] {
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::read(pipe_ends[0], buffer.data(), buffer.size())) > 0) {
            received.append(buffer.data(), static_cast<std::size_t>(count));
        }
    });

    configure({.level = Level::info});
    for (int i = 0; i < lines; ++i) {
        info("tick", "a line of some length", {{"i", i}});
    }
    ::dup2(kept, STDOUT_FILENO);
    ::close(kept);
    reader.join();
    ::close(pipe_ends[0]);

    EXPECT_EQ(std::ranges::count(received, '\n'), lines);
    EXPECT_TRUE(received.ends_with("\"i\":4999}\n"));
}

}  // namespace elasticbot::log
