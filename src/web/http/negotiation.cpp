// Media ranges: the most specific one that matches decides.
#include <elasticbot/base/text.hpp>
#include <elasticbot/web/http/negotiation.hpp>

namespace elasticbot::http {

namespace {

// 0: no match, 1: */*, 2: type/*, 3: the type itself.
int specificity(std::string_view range, std::string_view type) {
    if (text::iequals(range, type)) {
        return 3;
    }
    const auto slash = type.find('/');
    if (range.ends_with("/*") &&
        text::iequals(range.substr(0, range.size() - 1), type.substr(0, slash + 1))) {
        return 2;
    }
    return range == "*/*" || range == "*" ? 1 : 0;
}

// Whether the parameters name a weight of 0: "q=0", "q=0.000".
bool is_refusal(const std::vector<std::string_view>& parameters) {
    for (std::size_t i = 1; i < parameters.size(); ++i) {
        const auto parameter = text::trim(parameters[i]);
        if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
            return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
        }
    }
    return false;
}

}  // namespace

bool accepts(std::string_view accept, std::string_view type) {
    if (text::trim(accept).empty()) {
        return true;
    }
    int best = 0;
    bool accepted = false;
    for (const auto& entry : text::split_list(accept)) {
        const auto parts = text::split(entry, ';');
        const int match = specificity(text::trim(parts.front()), type);
        if (match > best) {
            best = match;
            accepted = !is_refusal(parts);
        }
    }
    return accepted;
}

}  // namespace elasticbot::http
