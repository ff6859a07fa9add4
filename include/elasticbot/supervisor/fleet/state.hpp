// Where a program is in its life. All transitions stand in lifecycle.cpp.
#pragma once

#include <string_view>

namespace elasticbot::supervisor {

enum class State {
    stopped,
    waiting,
    starting,
    running,
    backoff,
    stopping,
    killing,
    completed,
    failed
};

// "running"
std::string_view to_string(State state);

}  // namespace elasticbot::supervisor
