// What the buttons of the web page do, and the sentence that tells what came of it.
// (supervisord-compat.md 11)
#pragma once

#include "commands.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace elasticbot::supervisord {

// "refresh", "stopall", "restartall"; "start", "stop", "restart", "clearlog" of `process`. Nothing:
// there is no such action.
boost::asio::awaitable<std::optional<std::string>> web_action(
    Commands& commands, std::string action, std::string process
);

}  // namespace elasticbot::supervisord
