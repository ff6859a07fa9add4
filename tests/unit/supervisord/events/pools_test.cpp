// Several pools, and the count of events that they share. (supervisord-compat.md 14.2, 14.3)
#include <elasticbot/supervisord/events/pools.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

PoolConfig pool(const std::string& name, std::vector<EventType> events, std::size_t size = 10) {
    return {
        .name = name,
        .events = std::move(events),
        .buffer_size = size,
        .processes = {{.program = ProgramName(name), .name = name}}
    };
}

void be_ready(Pools& pools, const std::string& name) {
    pools.started(ProgramName(name));
    pools.running(ProgramName(name));
    pools.heard(ProgramName(name), "READY\n");
}

// Headers of what is written now.
std::vector<std::string> written(Pools& pools) {
    std::vector<std::string> headers;
    while (const auto delivery = pools.next()) {
        pools.delivered(delivery->to);
        headers.push_back(delivery->message.substr(0, delivery->message.find('\n')));
    }
    return headers;
}

}  // namespace

TEST(EventPools, CountEventsTogetherAndEachForItself) {  // 14.3: serial and poolserial
    Pools pools("box");
    pools.add(pool("p", {EventType::tick}));
    pools.add(pool("q", {EventType::tick_60, EventType::remote_communication}));
    be_ready(pools, "p");
    be_ready(pools, "q");

    pools.raise(tick(EventType::tick_5, 5));
    pools.raise(supervisor_state_change(EventType::supervisor_state_change_running));
    EXPECT_THAT(
        written(pools),
        ElementsAre("ver:3.0 server:box serial:0 pool:p poolserial:0 eventname:TICK_5 len:6")
    );
    pools.heard(ProgramName("p"), "RESULT 2\nOKREADY\n");
    pools.raise(tick(EventType::tick_60, 60));

    EXPECT_THAT(
        written(pools),
        ElementsAre(
            "ver:3.0 server:box serial:1 pool:p poolserial:1 eventname:TICK_60 len:7",
            "ver:3.0 server:box serial:1 pool:q poolserial:0 eventname:TICK_60 len:7"
        )
    );
}

TEST(EventPools, GiveAnEventOnceHoweverManyTypesStandForIt) {  // 14.2
    Pools pools("box");
    pools.add(pool("p", {EventType::event, EventType::tick, EventType::tick_5}));
    be_ready(pools, "p");

    pools.raise(tick(EventType::tick_5, 5));
    EXPECT_THAT(written(pools), ElementsAre(HasSubstr("serial:0 ")));
    pools.heard(ProgramName("p"), "RESULT 2\nOKREADY\n");

    EXPECT_THAT(written(pools), IsEmpty());
}

TEST(EventPools, QueueBeforeTheirListenersRun) {  // 14.4: events of the start are seen
    Pools pools("box");
    pools.add(pool("p", {EventType::process_group, EventType::supervisor_state_change}));
    pools.raise(process_group(EventType::process_group_added, "p"));
    pools.raise(process_group(EventType::process_group_added, "x"));
    pools.raise(supervisor_state_change(EventType::supervisor_state_change_running));

    be_ready(pools, "p");

    EXPECT_THAT(written(pools), ElementsAre(HasSubstr("PROCESS_GROUP_ADDED")));
}

TEST(EventPools, TakeARejectedEventBackIntoItsPoolAlone) {  // 14.1
    Pools pools("box");
    pools.add(pool("p", {EventType::tick}));
    pools.add(pool("q", {EventType::tick}));
    be_ready(pools, "p");
    be_ready(pools, "q");
    pools.raise(tick(EventType::tick_5, 5));
    ASSERT_EQ(written(pools).size(), 2U);

    pools.heard(ProgramName("q"), "RESULT 2\nOKREADY\n");
    pools.heard(ProgramName("p"), "RESULT 1\nxREADY\n");

    EXPECT_THAT(written(pools), ElementsAre(HasSubstr("pool:p poolserial:0")));
    EXPECT_THAT(
        pools.take_log(), ElementsAre(EventLogLine{log::Level::warn, "p: event was rejected"})
    );
}

TEST(EventPools, LoseWhatIsQueuedWhenTheyAreRemoved) {  // 3: update removes a group
    Pools pools("box");
    pools.add(pool("p", {EventType::tick}));
    pools.raise(tick(EventType::tick_5, 5));
    pools.remove("p");
    EXPECT_FALSE(pools.wants(EventType::tick_5));
    EXPECT_FALSE(pools.is_listener(ProgramName("p")));

    pools.add(pool("p", {EventType::tick}));
    be_ready(pools, "p");
    EXPECT_THAT(written(pools), IsEmpty());
    pools.raise(tick(EventType::tick_5, 10));

    EXPECT_THAT(written(pools), ElementsAre(HasSubstr("serial:1 pool:p poolserial:0 ")));
}

TEST(EventPools, PassOverProgramsThatAreNoListeners) {
    Pools pools("box");
    const ProgramName other("x");

    pools.started(other);
    pools.running(other);
    pools.heard(other, "hello\n");
    pools.stopping(other);
    pools.gone(other);

    EXPECT_THAT(pools.take_log(), IsEmpty());
}

// A listener whose own events are queued for it (15.15) makes one for each that it reads: what is
// queued stays within the bound, and what does not fit is said.
TEST(EventPools, HoldNoMoreThanTheirBufferHoweverFastEventsCome) {  // 14.2, 15.15
    Pools pools("box");
    pools.add(pool("p", {EventType::process_log}, 3));
    const Event event =
        process_log(EventType::process_log_stderr, {.process = "p", .group = "p"}, 1, "x");
    for (int i = 0; i < 1000; ++i) {
        pools.raise(event);
    }
    EXPECT_EQ(pools.take_log().size(), 997U);

    be_ready(pools, "p");
    int count = 0;
    while (!written(pools).empty()) {
        ++count;
        pools.heard(ProgramName("p"), "RESULT 2\nOKREADY\n");
    }
    EXPECT_EQ(count, 3);
}

}  // namespace elasticbot::supervisord
