// Each of the three headers is looked up and counted. Pure.
#include "message_rules.hpp"

#include <elasticbot/base/text.hpp>

#include <algorithm>

namespace elasticbot::net {

namespace {

auto count(const Headers& headers, std::string_view name) {
    return std::ranges::count_if(headers, [&](const auto& header) {
        return text::iequals(header.first, name);
    });
}

}  // namespace

bool has_doubtful_framing(const Headers& headers, bool is_http_1_0) {
    const auto codings = count(headers, "Transfer-Encoding");
    const auto lengths = count(headers, "Content-Length");
    if (count(headers, "Host") > 1 || codings + lengths > 1) {
        return true;
    }
    if (codings == 1) {
        return is_http_1_0 ||
               !text::iequals(text::trim(find_header(headers, "Transfer-Encoding")), "chunked");
    }
    const auto length = text::trim(find_header(headers, "Content-Length"));
    return lengths == 1 &&
           (length.empty() || length.find_first_not_of("0123456789") != std::string_view::npos);
}

}  // namespace elasticbot::net
