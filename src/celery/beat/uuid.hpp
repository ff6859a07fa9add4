// Ids of firings (repeatable) and of deliveries (fresh).
#pragma once

#include <string>
#include <string_view>

namespace elasticbot::beat {

// RFC 4122 version 5: the same `name` always gives the same id. `name_space` is any text that tells
// one database from another, since several may share a broker.
std::string repeatable_uuid(std::string_view name_space, std::string_view name);

// Version 4.
std::string fresh_uuid();

}  // namespace elasticbot::beat
