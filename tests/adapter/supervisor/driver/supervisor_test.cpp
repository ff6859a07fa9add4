// The supervisor's loop with surroundings that fail.
#include <elasticbot/supervisor/driver/supervisor.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace elasticbot::supervise {
namespace {

using What = supervisor::effect::Announce::What;

TEST(Supervisor, PerformsTheOtherEffectsWhenOneThrows) {
    config::Config config;
    supervisor::Program first;
    first.name = ProgramName("first");
    first.kind = supervisor::Kind::one_shot;
    first.command = {"/bin/true"};
    supervisor::Program second = first;
    second.name = ProgramName("second");
    second.after = {first.name};
    config.programs = {first, second};
    bool has_second_completed = false;
    Supervisor supervisor(
        {.config = config,
         .version = "test",
         .control_socket = "",
         .environment = {{"PATH", "/usr/bin:/bin"}},
         .on_announce =
             [&](const supervisor::effect::Announce& announce) {
                 const bool is_second = announce.program == second.name;
                 has_second_completed =
                     has_second_completed || (is_second && announce.what == What::completed);
                 if (!is_second) {
                     throw std::runtime_error("the listener is broken");
                 }
             }}
    );

    const auto code = supervisor.run();

    ASSERT_TRUE(code) << code.error().message;
    EXPECT_EQ(*code, 0);
    EXPECT_TRUE(has_second_completed);
}

}  // namespace
}  // namespace elasticbot::supervise
