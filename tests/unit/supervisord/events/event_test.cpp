// What listeners read: headers and payloads, word for word. (supervisord-compat.md 14.3, 14.4)
#include <elasticbot/supervisord/events/event.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

namespace {

const ProcessNames names = {.process = "x", .group = "g"};

std::string payload_of(const StateChange& change) {
    const Event event = process_state(names, change);
    EXPECT_EQ(event.type, change.type);
    return event.payload;
}

}  // namespace

TEST(SupervisordEvent, TellsAStartWithItsFailuresSoFar) {  // 14.4, _STARTING, _BACKOFF
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_starting, .from_state = "STOPPED"}),
        "processname:x groupname:g from_state:STOPPED tries:0"
    );
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_backoff, .from_state = "STARTING", .tries = 2}
        ),
        "processname:x groupname:g from_state:STARTING tries:2"
    );
}

TEST(SupervisordEvent, TellsTheProcessOfOneThatIsOrWasUp) {  // 14.4, _RUNNING, _STOPPING, _STOPPED
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_running, .from_state = "STARTING", .pid = 123}
        ),
        "processname:x groupname:g from_state:STARTING pid:123"
    );
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_stopping, .from_state = "RUNNING", .pid = 123}
        ),
        "processname:x groupname:g from_state:RUNNING pid:123"
    );
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_stopped, .from_state = "STOPPING", .pid = 123}
        ),
        "processname:x groupname:g from_state:STOPPING pid:123"
    );
}

TEST(SupervisordEvent, TellsWhetherAnEndWasExpected) {  // 14.4, _EXITED
    EXPECT_EQ(
        payload_of(
            {.type = EventType::process_state_exited,
             .from_state = "RUNNING",
             .pid = 123,
             .expected = false}
        ),
        "processname:x groupname:g from_state:RUNNING expected:0 pid:123"
    );
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_exited, .from_state = "RUNNING", .pid = 123}),
        "processname:x groupname:g from_state:RUNNING expected:1 pid:123"
    );
}

TEST(SupervisordEvent, TellsNothingMoreOfOneThatGaveUp) {  // 14.4, _FATAL, _UNKNOWN
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_fatal, .from_state = "BACKOFF"}),
        "processname:x groupname:g from_state:BACKOFF"
    );
    EXPECT_EQ(
        payload_of({.type = EventType::process_state_unknown, .from_state = "RUNNING"}),
        "processname:x groupname:g from_state:RUNNING"
    );
}

TEST(SupervisordEvent, CarriesOutputBehindALine) {  // 14.4, PROCESS_LOG, PROCESS_COMMUNICATION
    EXPECT_EQ(
        process_log(EventType::process_log_stdout, names, 123, "a\nb\n").payload,
        "processname:x groupname:g pid:123 channel:stdout\na\nb\n"
    );
    EXPECT_EQ(
        process_log(EventType::process_log_stderr, names, 123, "a").payload,
        "processname:x groupname:g pid:123 channel:stderr\na"
    );
    EXPECT_EQ(
        process_communication(EventType::process_communication_stdout, names, 123, "a").payload,
        "processname:x groupname:g pid:123\na"
    );
    EXPECT_EQ(
        process_communication(EventType::process_communication_stderr, names, 9, "").payload,
        "processname:x groupname:g pid:9\n"
    );
}

TEST(SupervisordEvent, CarriesTheRestAsThePageSays) {  // 14.4
    EXPECT_EQ(remote_communication("t", "some data").payload, "type:t\nsome data");
    EXPECT_EQ(supervisor_state_change(EventType::supervisor_state_change_running).payload, "");
    EXPECT_EQ(supervisor_state_change(EventType::supervisor_state_change_stopping).payload, "");
    EXPECT_EQ(tick(EventType::tick_60, 1795401360).payload, "when:1795401360");
    EXPECT_EQ(process_group(EventType::process_group_added, "g").payload, "groupname:g\n");
    EXPECT_EQ(process_group(EventType::process_group_removed, "g").payload, "groupname:g\n");
}

TEST(SupervisordEvent, ReplacesWhatIsNoUtf8) {  // 14.4, FIX
    EXPECT_EQ(
        process_log(EventType::process_log_stdout, names, 1, "h\xC3\xA9 \xFF\n").payload,
        "processname:x groupname:g pid:1 channel:stdout\nh\xC3\xA9 \xEF\xBF\xBD\n"
    );
}

TEST(SupervisordEvent, StandsBehindAHeader) {  // 14.3
    const Event event = {.type = EventType::tick_5, .payload = "when:1795401360"};

    EXPECT_EQ(
        to_message(
            event, {.identifier = "supervisor", .serial = 21, .pool = "listener", .pool_serial = 10}
        ),
        "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:TICK_5 len:15\n"
        "when:1795401360"
    );
}

TEST(SupervisordEvent, CountsCharactersUnlessBytesAreWanted) {  // 14.3
    const Event event = remote_communication("t", "h\xC3\xA9llo \xF0\x9F\x90\x98");
    const auto header = [&](LengthUnit unit) {
        const std::string message = to_message(event, {.unit = unit});
        return message.substr(0, message.find('\n'));
    };

    EXPECT_THAT(header(LengthUnit::characters), testing::EndsWith(" len:14"));
    EXPECT_THAT(header(LengthUnit::bytes), testing::EndsWith(" len:18"));
}

TEST(SupervisordEvent, KnowsACharacterThatIsCutOff) {
    EXPECT_EQ(unfinished_character(""), 0U);
    EXPECT_EQ(unfinished_character("abc"), 0U);
    EXPECT_EQ(unfinished_character("a\xC3\xA9"), 0U);
    EXPECT_EQ(unfinished_character("a\xC3"), 1U);
    EXPECT_EQ(unfinished_character("a\xE2\x82"), 2U);
    EXPECT_EQ(unfinished_character("a\xF0\x9F\x90"), 3U);
    EXPECT_EQ(unfinished_character("\xF0\x9F\x90\x98"), 0U);
    // What can never become a character is not waited for.
    EXPECT_EQ(unfinished_character("a\xFF"), 0U);
    EXPECT_EQ(unfinished_character("a\xC0"), 0U);
    EXPECT_EQ(unfinished_character("a\x80\x80\x80\x80"), 0U);
    EXPECT_EQ(unfinished_character("\x80"), 0U);
}

}  // namespace elasticbot::supervisord
