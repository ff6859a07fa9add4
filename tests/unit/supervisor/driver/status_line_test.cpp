// The line at the bottom of the terminal. (users.md 4)
#include <gmock/gmock.h>

#include <supervisor/driver/status_line.hpp>

namespace elasticbot::supervise {
namespace {

using supervisor::ProgramView;
using supervisor::State;

ProgramView program(std::string name, State state, std::string status = "") {
    ProgramView view;
    view.name = ProgramName{std::move(name)};
    view.state = state;
    view.ready = state == State::running;
    view.status_text = std::move(status);
    return view;
}

supervisor::FleetView fleet() {
    supervisor::FleetView view;
    view.programs = {
        program("migrate", State::completed),
        program("web", State::running, "8000"),
        program("worker", State::backoff, "2/4"),
        program("beat", State::running, "next 14:30"),
    };
    return view;
}

TEST(StatusLine, ShowsEachProgramWithWhatItSaysOfItself) {
    EXPECT_EQ(status_line(fleet(), 80, false), "web ● 8000  worker ↻ backoff  beat ● next 14:30");
}

TEST(StatusLine, ColoursTheMarks) {
    EXPECT_TRUE(
        status_line(fleet(), 80, true).starts_with("web \x1b[32m●\x1b[0m 8000  worker \x1b[31m↻")
    );
}

TEST(StatusLine, NeverFillsTheWidth) {
    for (std::size_t width = 0; width < 60; ++width) {
        const std::string line = status_line(fleet(), width, false);
        const auto columns = static_cast<std::size_t>(std::ranges::count_if(line, [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        }));
        EXPECT_LE(columns, width == 0 ? 0 : width - 1) << line;
    }
    EXPECT_EQ(status_line(fleet(), 20, false), "web ● 8000 …");
}

TEST(StatusLine, DropsControlCharactersOfWhatAProgramSays) {
    supervisor::FleetView view;
    view.programs = {program("x", State::running, "a\x1b[2J\nb")};

    EXPECT_EQ(status_line(view, 80, false), "x ● a[2Jb");
}

}  // namespace
}  // namespace elasticbot::supervise
