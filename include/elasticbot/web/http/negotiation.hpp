// Whether an Accept header takes a media type.
#pragma once

#include <string_view>

namespace elasticbot::http {

// "text/html,application/xhtml+xml,*/*;q=0.8" accepts application/json. An empty header accepts
// everything; a weight of 0 refuses. (RFC 9110 12.5.1; parameters other than q are not looked at)
bool accepts(std::string_view accept, std::string_view type);

}  // namespace elasticbot::http
