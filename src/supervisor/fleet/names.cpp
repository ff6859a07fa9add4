// Words for logs, JSON and status: one word per value, the same everywhere.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisor/fleet/state.hpp>
#include <elasticbot/supervisor/fleet/view.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstring>

namespace elasticbot::supervisor {

std::string_view to_string(State state) {
    switch (state) {
        case State::stopped:
            return "stopped";
        case State::waiting:
            return "waiting";
        case State::starting:
            return "starting";
        case State::running:
            return "running";
        case State::backoff:
            return "backoff";
        case State::stopping:
            return "stopping";
        case State::killing:
            return "killing";
        case State::completed:
            return "completed";
        case State::failed:
            return "failed";
    }
    ELASTICBOT_ASSERT(false);
}

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::service:
            return "service";
        case Kind::one_shot:
            return "one_shot";
    }
    ELASTICBOT_ASSERT(false);
}

std::string_view to_string(Overall overall) {
    switch (overall) {
        case Overall::starting:
            return "starting";
        case Overall::healthy:
            return "healthy";
        case Overall::degraded:
            return "degraded";
        case Overall::stopping:
            return "stopping";
        case Overall::failed:
            return "failed";
    }
    ELASTICBOT_ASSERT(false);
}

std::string to_string(const ExitStatus& status) {
    if (status.signal == 0) {
        return fmt::format("exited with code {}", status.code);
    }
    const char* abbreviation = sigabbrev_np(status.signal);  // NULL for real-time signals.
    const std::string name =
        abbreviation != nullptr ? abbreviation : fmt::format("RTMIN+{}", status.signal - SIGRTMIN);
    return fmt::format("killed by SIG{}{}", name, status.core_dumped ? ", core dumped" : "");
}

namespace effect {

std::string_view to_string(Announce::What what) {
    switch (what) {
        case Announce::What::waiting:
            return "waiting";
        case Announce::What::starting:
            return "starting";
        case Announce::What::ready:
            return "ready";
        case Announce::What::crashed:
            return "crashed";
        case Announce::What::not_ready_in_time:
            return "not_ready_in_time";
        case Announce::What::heartbeat_missing:
            return "heartbeat_missing";
        case Announce::What::spawn_failed:
            return "spawn_failed";
        case Announce::What::backing_off:
            return "backing_off";
        case Announce::What::stopping:
            return "stopping";
        case Announce::What::killing:
            return "killing";
        case Announce::What::signal_refused:
            return "signal_refused";
        case Announce::What::stopped:
            return "stopped";
        case Announce::What::completed:
            return "completed";
        case Announce::What::failed:
            return "failed";
    }
    ELASTICBOT_ASSERT(false);
}

}  // namespace effect
}  // namespace elasticbot::supervisor
