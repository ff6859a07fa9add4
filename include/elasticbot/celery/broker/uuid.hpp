// Fresh uuids from the kernel's random numbers.
#pragma once

#include <string>

namespace elasticbot::broker {

// Version 4: "9b2f0e7c-….": task ids and delivery tags.
std::string new_uuid();

}  // namespace elasticbot::broker
