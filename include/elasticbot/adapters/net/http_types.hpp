// What requests and responses share on both sides.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Value of the first header of that name, any letter case; "" when absent.
std::string_view find_header(const Headers& headers, std::string_view name);

}  // namespace elasticbot::net
