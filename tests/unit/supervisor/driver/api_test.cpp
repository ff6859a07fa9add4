// The control API's answers.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>

#include <supervisor/driver/api.hpp>

namespace elasticbot::supervise {
namespace {

TEST(StatusJson, DescribesARunningProgram) {
    supervisor::FleetView view;
    view.overall = supervisor::Overall::healthy;
    view.ready_once = true;
    supervisor::ProgramView program;
    program.name = ProgramName{"web"};
    program.state = supervisor::State::running;
    program.ready = true;
    program.pid = Pid{12};
    program.started = TimePoint{} + 5s;
    program.restarts = 1;
    program.last_exit = supervisor::ExitStatus{.signal = SIGSEGV};
    program.status_text = "8000";
    view.programs = {program};

    const auto json = status_json(
        view,
        {.now = TimePoint{} + 7s,
         .started = TimePoint{} + 1s,
         .version = "2.0.0",
         .pid = 1,
         .orphans = 3,
         .usage = {{ProgramName{"web"}, {.memory_bytes = 4096, .cpu_percent = 12.34}}}}
    );

    EXPECT_EQ(
        json::dump(json),
        R"({"overall":"healthy","ready_once":true,"stopping":false,"version":"2.0.0","pid":1,"uptime_ms":6000,)"
        R"("orphans_reaped":3,"programs":[{"name":"web","kind":"service","state":"running","ready":true,)"
        R"("essential":true,"pid":12,"uptime_ms":2000,"restarts":1,"last_exit":{"code":null,"signal":"SIGSEGV"},)"
        R"("took_ms":null,"memory_bytes":4096,"cpu_percent":12.3,"status":"8000","reason":"",)"
        R"("next_start_in_ms":null,"waiting_for":[]}]})"
    );
}

TEST(StatusJson, DescribesAProgramInBackOffAndOneThatWaits) {
    supervisor::FleetView view;
    supervisor::ProgramView crashed;
    crashed.name = ProgramName{"worker"};
    crashed.state = supervisor::State::backoff;
    crashed.last_exit = supervisor::ExitStatus{.code = 3};
    crashed.next_start = TimePoint{} + 10s;
    supervisor::ProgramView waiting;
    waiting.name = ProgramName{"beat"};
    waiting.state = supervisor::State::waiting;
    waiting.waiting_for = {ProgramName{"worker"}};
    view.programs = {crashed, waiting};

    const auto json =
        status_json(view, {.now = TimePoint{} + 8s, .started = {}, .version = "", .usage = {}});

    EXPECT_EQ(json["programs"][0]["next_start_in_ms"], 2000);
    EXPECT_EQ(json["programs"][0]["last_exit"], (OrderedJson{{"code", 3}, {"signal", nullptr}}));
    EXPECT_EQ(json["programs"][0]["pid"], nullptr);
    EXPECT_EQ(json["programs"][0]["uptime_ms"], nullptr);
    EXPECT_EQ(json["programs"][1]["waiting_for"], OrderedJson::array({"worker"}));
}

}  // namespace
}  // namespace elasticbot::supervise
