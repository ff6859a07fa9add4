// Header look-up.
#include <elasticbot/adapters/net/http_types.hpp>
#include <elasticbot/base/text.hpp>

namespace elasticbot::net {

std::string_view find_header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (text::iequals(key, name)) {
            return value;
        }
    }
    return {};
}

}  // namespace elasticbot::net
