// The supervisor's answers as the commands read them.
#include <elasticbot/supervisor/control/status.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view web = R"({"name":"web","kind":"service","state":"running","ready":true,
    "essential":true,"pid":123,"uptime_ms":192000,"restarts":2,
    "last_exit":{"code":null,"signal":"SIGKILL"},"took_ms":null,"memory_bytes":6186598,
    "cpu_percent":0.1,"status":"2 connections","reason":"asked","next_start_in_ms":250,
    "waiting_for":["postgres","redis"]})";

TEST(ProgramStatus, IsReadWhole) {
    const auto program = read_program_status(web);

    ASSERT_TRUE(program) << program.error().message;
    EXPECT_EQ(program->name, "web");
    EXPECT_EQ(program->state, "running");
    EXPECT_EQ(program->status, "2 connections");
    EXPECT_EQ(program->reason, "asked");
    EXPECT_EQ(program->pid, 123);
    EXPECT_EQ(program->uptime_ms, 192'000);
    EXPECT_EQ(program->restarts, 2);
    EXPECT_EQ(program->took_ms, std::nullopt);
    EXPECT_EQ(program->next_start_in_ms, 250);
    EXPECT_EQ(program->memory_bytes, 6'186'598);
    EXPECT_EQ(program->cpu_percent, 0.1);
    ASSERT_TRUE(program->last_exit);
    EXPECT_EQ(program->last_exit->code, std::nullopt);
    EXPECT_EQ(program->last_exit->signal, "SIGKILL");
    EXPECT_THAT(program->waiting_for, ElementsAre("postgres", "redis"));
}

TEST(FleetStatus, KeepsItsOwnFieldsApartFromItsPrograms) {
    const auto fleet = read_fleet_status(
        R"({"overall":"degraded","programs":[{"name":"a","pid":5,"last_exit":{"code":3,"signal":null}},
            {"name":"b","pid":null,"last_exit":null}],"version":"2.0.0","pid":1,"uptime_ms":7})"
    );

    ASSERT_TRUE(fleet) << fleet.error().message;
    EXPECT_EQ(fleet->overall, "degraded");
    EXPECT_EQ(fleet->version, "2.0.0");
    EXPECT_EQ(fleet->pid, 1);
    EXPECT_EQ(fleet->uptime_ms, 7);
    ASSERT_EQ(fleet->programs.size(), 2U);
    EXPECT_EQ(fleet->programs[0].pid, 5);
    EXPECT_EQ(fleet->programs[0].last_exit->code, 3);
    EXPECT_EQ(fleet->programs[1].name, "b");
    EXPECT_EQ(fleet->programs[1].pid, std::nullopt);
    EXPECT_FALSE(fleet->programs[1].last_exit);
}

// The supervisor may be of another version than the command.
TEST(FleetStatus, PassesOverWhatItDoesNotKnow) {
    const auto fleet = read_fleet_status(
        R"({"overall":["x",{"name":"no"}],"future":{"programs":[{"name":"no"}],"pid":9},
            "pid":18446744073709551615,"uptime_ms":"soon",
            "programs":[7,[{"name":"no"}],{"name":"web","extra":{"pid":8},"pid":3.5,"cpu_percent":2}]})"
    );

    ASSERT_TRUE(fleet) << fleet.error().message;
    EXPECT_EQ(fleet->overall, "");
    EXPECT_EQ(fleet->pid, std::nullopt);
    EXPECT_EQ(fleet->uptime_ms, std::nullopt);
    ASSERT_EQ(fleet->programs.size(), 1U);
    EXPECT_EQ(fleet->programs[0].name, "web");
    EXPECT_EQ(fleet->programs[0].pid, std::nullopt);
    EXPECT_EQ(fleet->programs[0].cpu_percent, 2.0);
}

TEST(FleetStatus, ReadsNoProgramsFromAnythingElse) {
    for (const char* text : {"[]", "7", "\"web\"", "null", "[{\"name\":\"web\"}]"}) {
        const auto fleet = read_fleet_status(text);
        ASSERT_TRUE(fleet) << text;
        EXPECT_TRUE(fleet->programs.empty()) << text;
    }
}

TEST(FleetStatus, RefusesWhatIsNotJson) {
    for (const char* text : {"", "{", "{\"overall\":", "<html>", "{\"programs\":[{]}"}) {
        const auto fleet = read_fleet_status(text);
        ASSERT_FALSE(fleet) << text;
        EXPECT_THAT(fleet.error().message, HasSubstr("cannot understand the supervisor")) << text;
    }
}

}  // namespace
}  // namespace elasticbot::control
