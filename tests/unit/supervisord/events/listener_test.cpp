// What a listener says, and where that brings it. (supervisord-compat.md 14.1)
#include <elasticbot/supervisord/events/listener.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::IsEmpty;
using State = Listener::State;

namespace {

// In one word each, with the text of a line that is no result.
std::vector<std::string> words(const std::vector<Listener::Heard>& heard) {
    using enum Listener::Heard::What;
    std::vector<std::string> all;
    for (const auto& [what, line] : heard) {
        switch (what) {
            case ready:
                all.emplace_back("ready");
                break;
            case accepted:
                all.emplace_back("accepted");
                break;
            case rejected:
                all.emplace_back("rejected");
                break;
            case bad_result_line:
                all.push_back("bad: " + line);
                break;
            case violation:
                all.emplace_back("violation");
                break;
        }
    }
    return all;
}

Listener busy_listener() {
    Listener listener;
    static_cast<void>(listener.feed("READY\n"));
    listener.sent();
    return listener;
}

}  // namespace

TEST(EventListener, IsReadyWhenItSaysSo) {  // 14.1
    Listener listener;
    EXPECT_EQ(listener.state(), State::acknowledged);

    EXPECT_THAT(words(listener.feed("READY\n")), ElementsAre("ready"));
    EXPECT_EQ(listener.state(), State::ready);
}

TEST(EventListener, AcceptsAnEventAndIsReadyForTheNext) {  // 14.1
    Listener listener = busy_listener();
    EXPECT_EQ(listener.state(), State::busy);

    EXPECT_THAT(words(listener.feed("RESULT 2\nOK")), ElementsAre("accepted"));
    EXPECT_EQ(listener.state(), State::acknowledged);
    EXPECT_THAT(words(listener.feed("READY\n")), ElementsAre("ready"));
}

TEST(EventListener, RejectsAnEventWithAnyOtherResult) {  // 14.1
    for (const char* text :
         {"RESULT 4\nFAIL", "RESULT 0\n", "RESULT 1\nO", "RESULT 3\nOK\n", "RESULT 2\nok"}) {
        Listener listener = busy_listener();
        EXPECT_THAT(words(listener.feed(text)), ElementsAre("rejected")) << text;
        EXPECT_EQ(listener.state(), State::acknowledged) << text;
    }
}

TEST(EventListener, IsUnderstoodHoweverItsOutputIsCut) {  // 14.1
    const std::string text = "RESULT 2\nOKREADY\n";
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            Listener listener = busy_listener();
            std::vector<std::string> all;
            for (const std::string& part :
                 {text.substr(0, first), text.substr(first, second - first), text.substr(second)}) {
                std::ranges::copy(words(listener.feed(part)), std::back_inserter(all));
            }
            EXPECT_THAT(all, ElementsAre("accepted", "ready")) << first << ' ' << second;
        }
    }
}

TEST(EventListener, IsUnknownOnceItSaysAnythingElse) {  // 14.1, row 27
    Listener listener;

    EXPECT_THAT(words(listener.feed("hello\n")), ElementsAre("violation"));
    EXPECT_EQ(listener.state(), State::unknown);
    EXPECT_THAT(words(listener.feed("READY\nREADY\n")), IsEmpty());
    EXPECT_EQ(listener.state(), State::unknown);
}

TEST(EventListener, IsJudgedWhenThereIsEnoughForItsToken) {  // 14.1, as the reference does
    Listener listener;

    EXPECT_THAT(words(listener.feed("hello")), IsEmpty());
    EXPECT_EQ(listener.state(), State::acknowledged);
    EXPECT_THAT(words(listener.feed("!")), ElementsAre("violation"));
}

TEST(EventListener, SaysNothingWhileItWaitsForAnEvent) {  // 14.1, any text in READY
    Listener listener;

    EXPECT_THAT(words(listener.feed("READY\nREADY\n")), ElementsAre("ready", "violation"));
    EXPECT_EQ(listener.state(), State::unknown);
}

TEST(EventListener, IsUnknownAfterALineThatIsNoResult) {  // 14.1
    const std::pair<const char*, const char*> cases[] = {
        {"RESULT x\nOK", "bad: RESULT x"},
        {"RESULT \nOK", "bad: RESULT "},
        {"RESULT\nOK", "bad: RESULT"},
        {"\n", "bad: "},
        {"RESULT -1\n", "bad: RESULT -1"},
        {"traceback: \xFF\n", "bad: traceback: \xEF\xBF\xBD"},
    };
    for (const auto& [text, bad] : cases) {
        Listener listener = busy_listener();
        EXPECT_THAT(words(listener.feed(text)), ElementsAre(bad, "violation")) << text;
        EXPECT_EQ(listener.state(), State::unknown) << text;
    }
}

TEST(EventListener, MayWriteItsResultAsTheReferenceReadsIt) {  // 14.1: int() behind seven bytes
    for (const char* text : {"RESULT: 2\nOK", "result 2\nOK", "RESULT  02 \nOK"}) {
        Listener listener = busy_listener();
        EXPECT_THAT(words(listener.feed(text)), ElementsAre("accepted")) << text;
    }
}

TEST(EventListener, TakesNoMemoryForWhatItSays) {  // 14.1
    Listener listener = busy_listener();
    EXPECT_THAT(words(listener.feed("RESULT 1000000\nOK")), IsEmpty());
    const std::string block(100'000, 'x');
    for (int i = 0; i < 9; ++i) {
        EXPECT_THAT(words(listener.feed(block)), IsEmpty());
    }
    EXPECT_THAT(words(listener.feed(block)), ElementsAre("rejected"));
}

TEST(EventListener, IsUnknownAfterALineWithoutEnd) {  // 14.1
    const std::string line(1024, '7');
    Listener at_once = busy_listener();
    EXPECT_THAT(words(at_once.feed(line + "\n")), ElementsAre("bad: " + line, "violation"));

    Listener in_parts = busy_listener();
    EXPECT_THAT(words(in_parts.feed(line.substr(1))), IsEmpty());
    EXPECT_THAT(words(in_parts.feed("7")), ElementsAre("bad: " + line, "violation"));
}

}  // namespace elasticbot::supervisord
