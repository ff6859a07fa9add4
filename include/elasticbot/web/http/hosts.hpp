// Which Host headers are answered. (elasticbot-api.md 1.1, deploy.md D-HTTP-4)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::http {

// `host` as sent, with or without port; letter case does not count. An entry that begins with a dot
// matches the domain and its subdomains, "*" everything. A host that is no host (blanks, no closing
// bracket) matches nothing but "*".
bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed);

}  // namespace elasticbot::http
