// The supervisor's view of all programs, asked over its control socket.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace elasticbot::web {

// GET /v1/status. Errors: unavailable (nobody listens, no answer within `patience`), internal (not
// the expected answer).
boost::asio::awaitable<Result<Json>> fetch_fleet_status(std::string socket_path, Duration patience);

}  // namespace elasticbot::web
