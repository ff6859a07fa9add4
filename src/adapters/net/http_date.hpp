// The moment of an answer, as the header Date has it.
#pragma once

#include <string>

namespace elasticbot::net {

// "Sun, 06 Nov 1994 08:49:37 GMT"; formatted once a second.
std::string http_date();

}  // namespace elasticbot::net
