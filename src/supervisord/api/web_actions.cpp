#include "web_actions.hpp"

#include <elasticbot/base/time.hpp>

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace elasticbot::supervisord {

namespace {

// "Sun Nov 22 15:44:59 2026", as ctime(3).
std::string now_as_text() {
    const std::time_t moment = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(wall_now())
    );
    std::tm local{};
    ::localtime_r(&moment, &local);
    std::array<char, 64> text{};
    const std::size_t length =
        std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &local);
    return {text.data(), length};
}

std::string unexpected(const Fault& fault) {
    return fmt::format("unexpected rpc fault [{}] {}", static_cast<int>(fault.code), fault.text());
}

std::string why_not_started(const Fault& fault) {
    switch (fault.code) {
        case FaultCode::no_file:
            return "no such file";
        case FaultCode::not_executable:
            return "file not executable";
        case FaultCode::already_started:
            return "already started";
        case FaultCode::spawn_error:
            return "spawn error";
        case FaultCode::abnormal_termination:
            return "abnormal termination";
        default:
            return unexpected(fault);
    }
}

}  // namespace

boost::asio::awaitable<std::optional<std::string>> web_action(
    Commands& commands, std::string action, std::string process
) {
    if (commands.mood() < Mood::running) {
        co_return unexpected({FaultCode::shutdown_state, {}});
    }
    if (action == "refresh") {
        co_return fmt::format("Page refreshed at {}", now_as_text());
    }
    if (action == "stopall") {
        co_await commands.stop_each(commands.table().in_order(), true);
        co_return fmt::format("All stopped at {}", now_as_text());
    }
    if (action == "restartall") {
        co_await commands.stop_each(commands.table().in_order(), true);
        co_await commands.start_each(commands.table().in_order(), true);
        co_return fmt::format("All restarted at {}", now_as_text());
    }
    const bool is_known =
        action == "start" || action == "stop" || action == "restart" || action == "clearlog";
    if (!is_known) {
        co_return std::nullopt;
    }
    const auto found = commands.find(process);
    if (!found || *found == nullptr) {
        co_return fmt::format("No such process named {}", process);
    }
    if (action == "clearlog") {
        const auto cleared = commands.clear_logs(process);
        co_return cleared ? fmt::format("Log for {} cleared", process)
                          : unexpected(cleared.error());
    }
    if (action == "stop") {
        const auto stopped = co_await commands.stop(process, true);
        co_return stopped ? fmt::format("Process {} stopped", process)
                          : unexpected(stopped.error());
    }
    if (action == "restart") {
        co_await commands.stop(process, true);
        co_await commands.start(process, true);
        co_return fmt::format("Process {} restarted", process);
    }
    const auto started = co_await commands.start(process, true);
    co_return started
        ? fmt::format("Process {} started", process)
        : fmt::format("ERROR: Process {}: {}", process, why_not_started(started.error()));
}

}  // namespace elasticbot::supervisord
