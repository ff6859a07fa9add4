// How stored values look in answers: times in two zones, decimals as texts or numbers.
// (elasticbot-api.md 1.3)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/celery/schedule/zone.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace elasticbot::web {

// "2025-11-25T20:00:00.243706-04:00": microseconds only when not zero, then all six.
std::string local_time(store::Timestamp time, const schedule::Zone& zone);
// The same in UTC, "…+00:00".
std::string utc_time(store::Timestamp time);

// A decimal's text, or null.
OrderedJson text_or_null(const std::optional<std::string>& decimal);
// A decimal as the nearest double, or null.
OrderedJson number_or_null(const std::optional<std::string>& decimal);

}  // namespace elasticbot::web
