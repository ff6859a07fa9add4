// Base64 (RFC 4648) with padding: how bytes travel in texts.
#pragma once

#include <elasticbot/base/result.hpp>

#include <string>
#include <string_view>

namespace elasticbot::base64 {

std::string encode(std::string_view bytes);

// Line breaks and blanks are skipped; missing padding is accepted; any other byte is an error.
Result<std::string> decode(std::string_view text);

}  // namespace elasticbot::base64
