// What becomes of a program's output where it makes events. (supervisord-compat.md 14.4, 14.5)
#include "supervisord/listeners/output_events.hpp"

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using supervise::Channel;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

// An output of process 7 of the group `g`, with everything that it was told of.
class OutputEventsHarness {
public:
    explicit OutputEventsHarness(OutputEventsOptions options)
        : filter_(
              with_names(std::move(options)),
              [this](EventType type) { return includes(wanted_, type); },
              [this](const Event& event) {
                  events_.push_back(
                      std::string(to_string(event.type)) + " " +
                      event.payload.substr(event.payload.find('\n') + 1)
                  );
                  payload_ = event.payload;
              }
          ) {}

    void want(EventType type) { wanted_ = type; }

    std::string feed(std::string_view bytes) { return std::string(filter_.feed(bytes)); }

    std::string finish() { return std::string(filter_.finish()); }

    // Type and data of each event since the last call.
    std::vector<std::string> events() { return std::exchange(events_, {}); }

    const std::string& payload() const { return payload_; }

private:
    static OutputEventsOptions with_names(OutputEventsOptions options) {
        options.names = {.process = "x", .group = "g"};
        options.pid = 7;
        return options;
    }

    EventType wanted_ = EventType::event;
    std::vector<std::string> events_;
    std::string payload_;
    OutputEvents filter_;
};

}  // namespace

TEST(OutputEvents, TellWhatIsLogged) {  // 14.4, PROCESS_LOG
    OutputEventsHarness output({.has_log_events = true});

    EXPECT_EQ(output.feed("one\ntwo"), "one\ntwo");
    EXPECT_THAT(output.events(), ElementsAre("PROCESS_LOG_STDOUT one\ntwo"));
    EXPECT_EQ(output.payload(), "processname:x groupname:g pid:7 channel:stdout\none\ntwo");
    EXPECT_EQ(output.finish(), "");
    EXPECT_THAT(output.events(), IsEmpty());
}

TEST(OutputEvents, NameTheChannel) {  // 14.4
    OutputEventsHarness output(
        {.channel = Channel::standard_error, .has_log_events = true, .capture_max_bytes = 9}
    );

    EXPECT_EQ(output.feed("a<!--XSUPERVISOR:BEGIN-->b<!--XSUPERVISOR:END-->"), "a");
    EXPECT_THAT(
        output.events(),
        ElementsAre(
            "PROCESS_LOG_STDERR a", "PROCESS_LOG_STDERR b", "PROCESS_COMMUNICATION_STDERR b"
        )
    );
}

TEST(OutputEvents, KeepCapturedTextOutOfTheLog) {  // 14.5, row 28
    OutputEventsHarness output({.capture_max_bytes = 1024});

    EXPECT_EQ(output.feed("before<!--XSUPERVISOR:BEGIN-->mess"), "before");
    EXPECT_EQ(output.feed("age<!--XSUPERVISOR:END-->after"), "after");
    EXPECT_THAT(output.events(), ElementsAre("PROCESS_COMMUNICATION_STDOUT message"));
    EXPECT_EQ(output.payload(), "processname:x groupname:g pid:7\nmessage");
}

TEST(OutputEvents, TellCapturedTextAsOutputToo) {  // 14.5: with PROCESS_LOG on
    OutputEventsHarness output({.has_log_events = true, .capture_max_bytes = 1024});

    EXPECT_EQ(output.feed("<!--XSUPERVISOR:BEGIN-->m<!--XSUPERVISOR:END-->"), "");
    EXPECT_THAT(
        output.events(), ElementsAre("PROCESS_LOG_STDOUT m", "PROCESS_COMMUNICATION_STDOUT m")
    );
}

TEST(OutputEvents, LoseNothingAtTheEnd) {  // 14.5, FIX
    OutputEventsHarness output({.has_log_events = true, .capture_max_bytes = 1024});

    EXPECT_EQ(output.feed("a <!--"), "a ");
    EXPECT_EQ(output.finish(), "<!--");
    EXPECT_THAT(output.events(), ElementsAre("PROCESS_LOG_STDOUT a ", "PROCESS_LOG_STDOUT <!--"));

    OutputEventsHarness cut_off({.has_log_events = true, .capture_max_bytes = 1024});
    EXPECT_EQ(cut_off.feed("<!--XSUPERVISOR:BEGIN-->crash"), "");
    EXPECT_EQ(cut_off.finish(), "crash");
    EXPECT_THAT(cut_off.events(), ElementsAre("PROCESS_LOG_STDOUT crash"));
}

TEST(OutputEvents, DoNotCutCharacters) {  // 14.4: a read may end inside of one
    OutputEventsHarness output({.has_log_events = true});

    EXPECT_EQ(output.feed("caf\xC3"), "caf\xC3");
    EXPECT_EQ(output.feed("\xA9"), "\xA9");
    EXPECT_EQ(output.feed("\xE2\x82"), "\xE2\x82");
    EXPECT_EQ(output.finish(), "");

    EXPECT_THAT(
        output.events(),
        ElementsAre(
            "PROCESS_LOG_STDOUT caf",
            "PROCESS_LOG_STDOUT \xC3\xA9",
            "PROCESS_LOG_STDOUT \xEF\xBF\xBD\xEF\xBF\xBD"
        )
    );
}

TEST(OutputEvents, AreWithoutEscapeSequencesWhereTheLogIs) {  // 3, strip_ansi
    OutputEventsHarness output({.has_log_events = true, .strip_ansi = true});

    EXPECT_EQ(output.feed("\x1b[31mred\x1b[0m"), "red");
    EXPECT_THAT(output.events(), ElementsAre("PROCESS_LOG_STDOUT red"));
}

TEST(OutputEvents, AreMadeForThoseWhoWantThem) {  // 14.2
    OutputEventsHarness output({.has_log_events = true, .capture_max_bytes = 1024});
    output.want(EventType::process_communication);

    EXPECT_EQ(output.feed("a<!--XSUPERVISOR:BEGIN-->m<!--XSUPERVISOR:END-->"), "a");
    EXPECT_THAT(output.events(), ElementsAre("PROCESS_COMMUNICATION_STDOUT m"));
    output.want(EventType::tick);
    EXPECT_EQ(output.feed("b<!--XSUPERVISOR:BEGIN-->m<!--XSUPERVISOR:END-->"), "b");
    EXPECT_THAT(output.events(), IsEmpty());
}

}  // namespace elasticbot::supervisord
