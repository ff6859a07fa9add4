// Host header against ALLOWED_HOSTS.
#include <elasticbot/base/text.hpp>
#include <elasticbot/web/http/hosts.hpp>

namespace elasticbot::http {

namespace {

// "[::1]:8000" → "[::1]", "example.org." → "example.org"; lower case.
std::string without_port(std::string_view host) {
    const auto bracket = host.find(']');
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    return text::lower(host);
}

bool matches(std::string_view host, std::string_view pattern) {
    if (pattern.starts_with('.')) {
        return host == pattern.substr(1) || host.ends_with(pattern);
    }
    return host == pattern;
}

}  // namespace

bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed) {
    const std::string name = without_port(host);
    for (const auto& entry : allowed) {
        if (entry == "*" || (!name.empty() && matches(name, text::lower(entry)))) {
            return true;
        }
    }
    return false;
}

}  // namespace elasticbot::http
