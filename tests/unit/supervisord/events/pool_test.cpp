// A pool's queue, and which of its processes gets the next event. (supervisord-compat.md 14.2)
#include <elasticbot/supervisord/events/pool.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const ProgramName a{"a"};
const ProgramName b{"b"};

const EventLogLine rejected_by_a = {log::Level::warn, "a: event was rejected"};
const EventLogLine a_is_unknown = {
    log::Level::warn,
    "a: has entered the UNKNOWN state and will no longer receive events, this usually indicates "
    "the process violated the eventlistener protocol"
};

EventLogLine discarded(int serial) {
    return {
        log::Level::error,
        "pool p event buffer overflowed, discarding event " + std::to_string(serial)
    };
}

// A pool with two processes, to which events are written as soon as they can be.
class PoolHarness {
public:
    explicit PoolHarness(std::size_t buffer_size = 10)
        : pool_(
              {.name = "p",
               .events = {EventType::tick, EventType::remote_communication},
               .buffer_size = buffer_size,
               .processes = {{.program = a, .name = "a"}, {.program = b, .name = "b"}}},
              "supervisor"
          ) {}

    Pool& pool() { return pool_; }

    void start(const ProgramName& program) {
        pool_.started(program);
        pool_.running(program);
    }

    void start_and_be_ready(const ProgramName& program) {
        start(program);
        say(program, "READY\n");
    }

    void say(const ProgramName& program, std::string_view text) { pool_.heard(program, text); }

    // With the serial number as its data.
    void add(std::uint64_t serial) {
        pool_.add(remote_communication("t", std::to_string(serial)), serial);
    }

    // "a 7 3": to whom, serial and poolserial of what is written now.
    std::vector<std::string> written() {
        std::vector<std::string> all;
        while (const auto delivery = pool_.next()) {
            pool_.delivered(delivery->to);
            all.push_back(
                delivery->to.value() + number(delivery->message, " serial:") +
                number(delivery->message, " poolserial:")
            );
        }
        return all;
    }

private:
    static std::string number(const std::string& message, std::string_view key) {
        const std::size_t at = message.find(key) + key.size();
        return " " + message.substr(at, message.find(' ', at) - at);
    }

    Pool pool_;
};

}  // namespace

TEST(EventPool, WantsWhatItHasAskedFor) {  // 14.2
    PoolHarness harness;

    EXPECT_TRUE(harness.pool().wants(EventType::tick_60));
    EXPECT_TRUE(harness.pool().wants(EventType::remote_communication));
    EXPECT_FALSE(harness.pool().wants(EventType::process_state_running));
    EXPECT_TRUE(harness.pool().has(a));
    EXPECT_FALSE(harness.pool().has(ProgramName("c")));
}

TEST(EventPool, WritesTheWholeMessage) {  // 14.1, 14.3
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.add(3);

    EXPECT_EQ(
        harness.pool().next(),
        (Delivery{
            .to = a,
            .message = "ver:3.0 server:supervisor serial:3 pool:p poolserial:0 "
                       "eventname:REMOTE_COMMUNICATION len:8\ntype:t\n3"
        })
    );
}

TEST(EventPool, WritesToTheFirstThatIsRunningAndReady) {  // 14.2
    PoolHarness harness;
    harness.pool().started(a);
    harness.say(a, "READY\n");
    harness.start(b);
    harness.add(0);
    EXPECT_THAT(harness.written(), IsEmpty());

    harness.say(b, "READY\n");
    EXPECT_THAT(harness.written(), ElementsAre("b 0 0"));
    harness.pool().running(a);
    harness.add(1);
    EXPECT_THAT(harness.written(), ElementsAre("a 1 1"));
}

TEST(EventPool, PassesOverOneThatIsBeingStopped) {  // 14.2
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.pool().stopping(a);
    harness.add(0);

    EXPECT_THAT(harness.written(), IsEmpty());
}

TEST(EventPool, WritesInOrderOneByOne) {  // 14.1, 14.2
    PoolHarness harness;
    harness.start_and_be_ready(a);
    for (const int serial : {4, 5, 9}) {
        harness.add(static_cast<std::uint64_t>(serial));
    }

    EXPECT_THAT(harness.written(), ElementsAre("a 4 0"));
    harness.say(a, "RESULT 2\nOK");
    EXPECT_THAT(harness.written(), IsEmpty());
    harness.say(a, "READY\n");
    EXPECT_THAT(harness.written(), ElementsAre("a 5 1"));
    harness.say(a, "RESULT 2\nOKREADY\n");
    EXPECT_THAT(harness.written(), ElementsAre("a 9 2"));
    EXPECT_THAT(harness.pool().take_log(), IsEmpty());
}

TEST(EventPool, WritesARejectedEventAgainWithItsNumbers) {  // 14.1, row 26
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.add(0);
    harness.add(1);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));

    harness.say(a, "RESULT 4\nFAILREADY\n");

    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));
    EXPECT_THAT(harness.pool().take_log(), ElementsAre(rejected_by_a));
}

TEST(EventPool, DropsTheOldestWhenItIsFull) {  // 14.2
    PoolHarness harness(2);
    harness.add(5);
    harness.add(6);
    EXPECT_THAT(harness.pool().take_log(), IsEmpty());
    harness.add(7);

    EXPECT_THAT(harness.pool().take_log(), ElementsAre(discarded(5)));
    harness.start_and_be_ready(a);
    harness.start_and_be_ready(b);
    EXPECT_THAT(harness.written(), ElementsAre("a 6 1", "b 7 2"));
}

TEST(EventPool, CountsWhatIsTakenBack) {  // 14.2: requeues count too
    PoolHarness harness(1);
    harness.start_and_be_ready(a);
    harness.add(0);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));
    harness.add(1);

    harness.say(a, "RESULT 4\nFAILREADY\n");

    EXPECT_THAT(harness.pool().take_log(), ElementsAre(rejected_by_a, discarded(1)));
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));
}

TEST(EventPool, TakesBackTheEventOfOneThatDied) {  // 14.1, death while BUSY
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.start_and_be_ready(b);
    harness.add(0);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));

    harness.pool().gone(a);

    EXPECT_THAT(harness.written(), ElementsAre("b 0 0"));
    EXPECT_THAT(harness.pool().take_log(), IsEmpty());
}

TEST(EventPool, ForgetsTheEventOfOneThatIsDone) {  // 14.1
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.add(0);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));
    harness.say(a, "RESULT 2\nOK");
    harness.pool().gone(a);

    harness.start_and_be_ready(a);

    EXPECT_THAT(harness.written(), IsEmpty());
}

TEST(EventPool, GivesNothingToOneThatBrokeTheProtocolUntilItIsAnother) {  // 14.1, row 27
    PoolHarness harness;
    harness.start(a);
    harness.say(a, "hello\n");
    harness.say(a, "READY\n");
    harness.add(0);
    EXPECT_THAT(harness.written(), IsEmpty());
    EXPECT_THAT(harness.pool().take_log(), ElementsAre(a_is_unknown));

    harness.pool().gone(a);
    harness.start_and_be_ready(a);

    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));
}

TEST(EventPool, TakesBackTheEventOfOneThatBrokeTheProtocol) {  // 14.1
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.start_and_be_ready(b);
    harness.add(0);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));

    harness.say(a, "oh no\n");

    EXPECT_THAT(
        harness.pool().take_log(),
        ElementsAre(EventLogLine{log::Level::warn, "a: bad result line: 'oh no'"}, a_is_unknown)
    );
    EXPECT_THAT(harness.written(), ElementsAre("b 0 0"));
}

TEST(EventPool, AsksTheNextWhenOneTakesNoInput) {  // 14.2, 15.16
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.start_and_be_ready(b);
    harness.add(0);
    ASSERT_EQ(harness.pool().next()->to, a);

    harness.pool().refused(a);

    EXPECT_THAT(harness.written(), ElementsAre("b 0 0"));
    harness.add(1);
    EXPECT_THAT(harness.written(), ElementsAre("a 1 1"));
}

TEST(EventPool, WaitsWhenNobodyTakesInput) {  // 14.2, 15.16
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.add(0);
    ASSERT_TRUE(harness.pool().next());

    harness.pool().refused(a);

    EXPECT_EQ(harness.pool().next(), std::nullopt);
    harness.pool().gone(a);
    harness.start_and_be_ready(a);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0"));
}

TEST(EventPool, CanChangeItsOrderAfterARejection) {  // 14.2
    PoolHarness harness;
    harness.start_and_be_ready(a);
    harness.start_and_be_ready(b);
    harness.add(0);
    harness.add(1);
    EXPECT_THAT(harness.written(), ElementsAre("a 0 0", "b 1 1"));

    harness.say(a, "RESULT 1\nx");
    harness.say(b, "RESULT 2\nOKREADY\n");

    EXPECT_THAT(harness.written(), ElementsAre("b 0 0"));
}

}  // namespace elasticbot::supervisord
