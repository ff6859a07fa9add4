#include <elasticbot/base/assert.hpp>
#include <elasticbot/supervisord/states/state.hpp>

namespace elasticbot::supervisord {

std::string_view to_string(ProcessState state) {
    switch (state) {
        case ProcessState::stopped:
            return "STOPPED";
        case ProcessState::starting:
            return "STARTING";
        case ProcessState::running:
            return "RUNNING";
        case ProcessState::backoff:
            return "BACKOFF";
        case ProcessState::stopping:
            return "STOPPING";
        case ProcessState::exited:
            return "EXITED";
        case ProcessState::fatal:
            return "FATAL";
        case ProcessState::unknown:
            return "UNKNOWN";
    }
    ELASTICBOT_ASSERT(false);
}

bool counts_as_running(ProcessState state) {
    return state == ProcessState::starting || state == ProcessState::running ||
           state == ProcessState::backoff;
}

bool counts_as_stopped(ProcessState state) {
    return state == ProcessState::stopped || state == ProcessState::exited ||
           state == ProcessState::fatal || state == ProcessState::unknown;
}

bool is_signallable(ProcessState state) {
    return state == ProcessState::starting || state == ProcessState::running ||
           state == ProcessState::stopping;
}

}  // namespace elasticbot::supervisord
