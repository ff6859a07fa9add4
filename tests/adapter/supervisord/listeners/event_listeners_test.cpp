// Event listeners joined to a supervisor that is played by the test. (supervisord-compat.md 14)
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisord/listeners/event_listeners.hpp>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using supervise::Channel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

const ProgramName listener("pool:pool");
const ProgramName program("x");

class EventListenersTest : public testing::Test {
protected:
    static Group pool(std::vector<std::string> events) {
        Group group{.kind = Group::Kind::event_listener, .name = "pool"};
        group.processes.push_back({.name = "pool"});
        group.events = std::move(events);
        return group;
    }

    static Group group(Output output = {}) {
        Group group{.kind = Group::Kind::program, .name = "x"};
        group.processes.push_back({.name = "x", .standard_output = std::move(output)});
        return group;
    }

    // A process of the listener that has said READY; what it says from now on goes through this.
    std::unique_ptr<supervise::OutputFilter> ready_listener(int pid = 7) {
        auto output = listeners.filter(listener, Channel::standard_output, Pid(pid));
        listeners.changed(
            listener, {ProcessState::starting, ProcessState::running, Pid(pid), 0, true}
        );
        EXPECT_EQ(output->feed("READY\n"), "READY\n");
        return output;
    }

    // Messages since the last call, without what all headers share.
    std::vector<std::string> take_written() {
        std::vector<std::string> all;
        for (const std::string& message : std::exchange(written, {})) {
            all.push_back(message.substr(message.find("eventname:") + 10));
        }
        return all;
    }

    boost::asio::io_context io;
    std::vector<std::string> written;
    std::vector<std::string> lines;
    bool takes_input = true;
    EventListeners listeners{
        io.get_executor(),
        {.identifier = "box",
         .write = [this](const ProgramName& to, std::string_view message) -> Result<> {
             EXPECT_EQ(to, listener);
             if (!takes_input) {
                 return Error{Errc::unavailable, "cannot write"};
             }
             written.emplace_back(message);
             return {};
         },
         .say = [this](log::Level, const std::string& line) { lines.push_back(line); }}
    };
};

}  // namespace

TEST_F(EventListenersTest, HearOfGroupsAndOfTheStart) {  // 14.4: what was queued before they ran
    listeners.add_group(pool({"PROCESS_GROUP", "SUPERVISOR_STATE_CHANGE"}), {listener});
    listeners.add_group(group(), {program});
    listeners.raise(supervisor_state_change(EventType::supervisor_state_change_running));
    EXPECT_THAT(written, IsEmpty());

    const auto output = ready_listener();
    EXPECT_THAT(take_written(), ElementsAre("PROCESS_GROUP_ADDED len:15\ngroupname:pool\n"));
    EXPECT_EQ(output->feed("RESULT 2\nOKREADY\n"), "RESULT 2\nOKREADY\n");
    EXPECT_THAT(take_written(), ElementsAre("PROCESS_GROUP_ADDED len:12\ngroupname:x\n"));
    static_cast<void>(output->feed("RESULT 2\nOKREADY\n"));
    EXPECT_THAT(take_written(), ElementsAre("SUPERVISOR_STATE_CHANGE_RUNNING len:0\n"));
    static_cast<void>(output->feed("RESULT 2\nOKREADY\n"));
    listeners.remove_group("x");

    EXPECT_THAT(take_written(), ElementsAre("PROCESS_GROUP_REMOVED len:12\ngroupname:x\n"));
}

TEST_F(EventListenersTest, HearOfStates) {  // 14.4, row 25
    listeners.add_group(pool({"PROCESS_STATE_BACKOFF", "PROCESS_STATE_EXITED"}), {listener});
    listeners.add_group(group(), {program});
    const auto output = ready_listener();

    listeners.changed(program, {ProcessState::starting, ProcessState::backoff, Pid(0), 2, true});
    EXPECT_THAT(
        take_written(),
        ElementsAre("PROCESS_STATE_BACKOFF len:53\n"
                    "processname:x groupname:x from_state:STARTING tries:2")
    );
    static_cast<void>(output->feed("RESULT 2\nOKREADY\n"));
    listeners.changed(program, {ProcessState::running, ProcessState::exited, Pid(9), 0, false});

    EXPECT_THAT(
        take_written(),
        ElementsAre("PROCESS_STATE_EXITED len:61\n"
                    "processname:x groupname:x from_state:RUNNING expected:0 pid:9")
    );
}

TEST_F(EventListenersTest, GetNothingWhileTheyAreNotRunning) {  // 14.2
    listeners.add_group(pool({"REMOTE_COMMUNICATION"}), {listener});
    const auto output = ready_listener();
    listeners.changed(listener, {ProcessState::running, ProcessState::stopping, Pid(7), 0, true});

    listeners.raise(remote_communication("t", "d"));

    EXPECT_THAT(written, IsEmpty());
}

TEST_F(EventListenersTest, GetTheEventOfTheirPredecessor) {  // 14.1: death while BUSY
    listeners.add_group(pool({"REMOTE_COMMUNICATION"}), {listener});
    const auto dying = ready_listener(7);
    listeners.raise(remote_communication("t", "d"));
    EXPECT_EQ(take_written().size(), 1U);
    listeners.changed(listener, {ProcessState::running, ProcessState::exited, Pid(7), 0, false});

    const auto output = ready_listener(8);

    EXPECT_THAT(take_written(), ElementsAre("REMOTE_COMMUNICATION len:8\ntype:t\nd"));
    // What descendants of the dead one still write is no answer.
    static_cast<void>(dying->feed("RESULT 2\nOK"));
    static_cast<void>(output->feed("RESULT 1\nxREADY\n"));
    EXPECT_THAT(take_written(), ElementsAre("REMOTE_COMMUNICATION len:8\ntype:t\nd"));
    EXPECT_THAT(lines, ElementsAre("pool: event was rejected"));
}

TEST_F(EventListenersTest, MayBeSucceededBeforeTheirEndIsTold) {  // 14.1
    listeners.add_group(pool({"REMOTE_COMMUNICATION"}), {listener});
    const auto dying = ready_listener(7);
    listeners.raise(remote_communication("t", "d"));
    EXPECT_EQ(take_written().size(), 1U);

    const auto output = listeners.filter(listener, Channel::standard_output, Pid(8));
    listeners.changed(listener, {ProcessState::running, ProcessState::exited, Pid(7), 0, false});
    listeners.changed(listener, {ProcessState::exited, ProcessState::starting, Pid(0), 0, true});
    listeners.changed(listener, {ProcessState::starting, ProcessState::running, Pid(8), 0, true});
    static_cast<void>(output->feed("READY\n"));

    EXPECT_THAT(take_written(), ElementsAre("REMOTE_COMMUNICATION len:8\ntype:t\nd"));
}

TEST_F(EventListenersTest, AreNotWaitedForWhenTheyDoNotRead) {  // 15.16
    listeners.add_group(pool({"REMOTE_COMMUNICATION"}), {listener});
    const auto output = ready_listener();
    takes_input = false;
    listeners.raise(remote_communication("t", "1"));
    EXPECT_THAT(written, IsEmpty());

    takes_input = true;
    listeners.raise(remote_communication("t", "2"));

    EXPECT_THAT(take_written(), ElementsAre(HasSubstr("type:t\n1")));
}

TEST_F(EventListenersTest, HearWhatProgramsSay) {  // 14.4, 14.5
    listeners.add_group(pool({"PROCESS_LOG", "PROCESS_COMMUNICATION"}), {listener});
    listeners.add_group(group({.capture_max_bytes = 100, .has_events = true}), {program});
    const auto output = ready_listener();

    const auto said = listeners.filter(program, Channel::standard_output, Pid(9));
    EXPECT_EQ(said->feed("a"), "a");

    EXPECT_THAT(take_written(), ElementsAre(StartsWith("PROCESS_LOG_STDOUT ")));
    EXPECT_EQ(listeners.filter(program, Channel::standard_error, Pid(9)), nullptr);
    EXPECT_EQ(listeners.filter(ProgramName("other"), Channel::standard_output, Pid(9)), nullptr);
}

TEST_F(EventListenersTest, CountBytesWhereTheyAreAskedTo) {  // 14.3, event_len
    Group bytes = pool({"REMOTE_COMMUNICATION"});
    bytes.event_length_in_bytes = true;
    listeners.add_group(bytes, {listener});
    const auto output = ready_listener();

    listeners.raise(remote_communication("t", "\xC3\xA9"));

    EXPECT_THAT(take_written(), ElementsAre(StartsWith("REMOTE_COMMUNICATION len:9\n")));
}

TEST_F(EventListenersTest, HearNoMoreAfterTheEnd) {
    listeners.add_group(pool({"EVENT"}), {listener});
    listeners.add_group(group({.has_events = true}), {program});
    const auto output = ready_listener();
    const auto said = listeners.filter(program, Channel::standard_output, Pid(9));
    take_written();

    listeners.close();
    EXPECT_EQ(output->feed("RESULT 2\nOKREADY\n"), "RESULT 2\nOKREADY\n");
    EXPECT_EQ(said->feed("a"), "a");
    listeners.raise(remote_communication("t", "d"));

    EXPECT_THAT(written, IsEmpty());
    EXPECT_THAT(lines, IsEmpty());
}

TEST_F(EventListenersTest, HearTheClockTick) {  // 14.4, TICK
    listeners.add_group(pool({"TICK_5"}), {listener});
    const auto output = ready_listener();

    while (written.empty()) {
        ASSERT_GT(io.run_one(), 0U);
    }

    const std::string tick = take_written().front();
    EXPECT_THAT(tick, testing::MatchesRegex("TICK_5 len:[0-9]+\nwhen:[0-9]+"));
    const auto when = std::stoll(tick.substr(tick.find("when:") + 5));
    EXPECT_EQ(when % 5, 0);
    EXPECT_LE(std::chrono::seconds(when), wall_now().time_since_epoch());
}

TEST_F(EventListenersTest, SleepWhenNobodyWantsTicks) {
    listeners.add_group(pool({"PROCESS_STATE"}), {listener});

    EXPECT_EQ(io.run(), 0U);
}

}  // namespace elasticbot::supervisord
