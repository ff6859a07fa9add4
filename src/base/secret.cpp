#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

namespace elasticbot {

std::string redact_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return std::string(url);
    }
    const std::size_t authority = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
    // The last '@': an unencoded one in a password is a common mistake, and must not uncover it.
    const std::size_t at = url.substr(authority, end - authority).rfind('@');
    if (at == std::string_view::npos) {
        return std::string(url);
    }
    const std::string_view user_info = url.substr(authority, at);
    const std::size_t colon = user_info.find(':');
    if (colon == std::string_view::npos) {
        return std::string(url);
    }
    return fmt::format("{}:***{}", url.substr(0, authority + colon), url.substr(authority + at));
}

bool is_secret_name(std::string_view name) {
    const std::string upper = text::upper(name);
    return upper.contains("SECRET") || upper.contains("TOKEN") || upper.contains("PASSWORD") ||
           upper.ends_with("_KEY");
}

std::string redact(std::string_view name, std::string_view value) {
    if (value.empty()) {
        return "";
    }
    return is_secret_name(name) ? "***" : redact_url(value);
}

}  // namespace elasticbot
