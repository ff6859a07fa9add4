// Which types of events there are, and which stand for others. (supervisord-compat.md 14.4)
#include <elasticbot/supervisord/file/event_types.hpp>

#include <gmock/gmock.h>

#include <vector>

namespace elasticbot::supervisord {

using testing::ElementsAre;

namespace {

// Names of all types that `wanted` brings, in the order of the page.
std::vector<std::string_view> brought_by(EventType wanted) {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(EventType::process_group_removed); ++i) {
        if (const auto type = static_cast<EventType>(i); includes(wanted, type)) {
            names.push_back(to_string(type));
        }
    }
    return names;
}

}  // namespace

TEST(SupervisordEventTypes, AreFoundByTheirNames) {  // 14.4
    EXPECT_EQ(parse_event_type("TICK_5"), EventType::tick_5);
    EXPECT_EQ(parse_event_type("EVENT"), EventType::event);
    EXPECT_EQ(parse_event_type("PROCESS_GROUP_REMOVED"), EventType::process_group_removed);
    EXPECT_EQ(parse_event_type("tick_5"), std::nullopt);
    EXPECT_EQ(parse_event_type("TICK_7"), std::nullopt);
    EXPECT_EQ(parse_event_type(""), std::nullopt);
    for (const std::string_view name : brought_by(EventType::event)) {
        EXPECT_EQ(to_string(*parse_event_type(name)), name);
    }
}

TEST(SupervisordEventTypes, BringAllBelowThem) {  // 14.2, 14.4
    EXPECT_EQ(brought_by(EventType::event).size(), 27U);
    EXPECT_THAT(
        brought_by(EventType::process_state),
        ElementsAre(
            "PROCESS_STATE",
            "PROCESS_STATE_STARTING",
            "PROCESS_STATE_RUNNING",
            "PROCESS_STATE_BACKOFF",
            "PROCESS_STATE_STOPPING",
            "PROCESS_STATE_EXITED",
            "PROCESS_STATE_STOPPED",
            "PROCESS_STATE_FATAL",
            "PROCESS_STATE_UNKNOWN"
        )
    );
    EXPECT_THAT(
        brought_by(EventType::process_log),
        ElementsAre("PROCESS_LOG", "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDERR")
    );
    EXPECT_THAT(
        brought_by(EventType::process_communication),
        ElementsAre(
            "PROCESS_COMMUNICATION", "PROCESS_COMMUNICATION_STDOUT", "PROCESS_COMMUNICATION_STDERR"
        )
    );
    EXPECT_THAT(brought_by(EventType::remote_communication), ElementsAre("REMOTE_COMMUNICATION"));
    EXPECT_THAT(
        brought_by(EventType::supervisor_state_change),
        ElementsAre(
            "SUPERVISOR_STATE_CHANGE",
            "SUPERVISOR_STATE_CHANGE_RUNNING",
            "SUPERVISOR_STATE_CHANGE_STOPPING"
        )
    );
    EXPECT_THAT(brought_by(EventType::tick), ElementsAre("TICK", "TICK_5", "TICK_60", "TICK_3600"));
    EXPECT_THAT(
        brought_by(EventType::process_group),
        ElementsAre("PROCESS_GROUP", "PROCESS_GROUP_ADDED", "PROCESS_GROUP_REMOVED")
    );
    EXPECT_THAT(brought_by(EventType::tick_60), ElementsAre("TICK_60"));
}

}  // namespace elasticbot::supervisord
