// The names of events that listeners can ask for. (supervisord-compat.md 14.4)
#pragma once

#include <span>
#include <string_view>

namespace elasticbot::supervisord {

// Abstract ones included, in the order of the page.
std::span<const std::string_view> event_types();

bool is_event_type(std::string_view name);

}  // namespace elasticbot::supervisord
