// Query strings as Python's urlencode and Django's QueryDict have them.
#include <elasticbot/base/text.hpp>
#include <elasticbot/web/http/query.hpp>

namespace elasticbot::http {

namespace {

std::string decode(std::string_view text) {
    auto decoded = text::percent_decode(text, true);
    return decoded ? text::repair_utf8(*decoded) : text::repair_utf8(text);
}

std::string encode_part(std::string_view text) {
    return text::replace_all(text::percent_encode(text), "%20", "+");
}

}  // namespace

Query Query::parse(std::string_view text) {
    Query query;
    for (const auto part : text::split(text, '&')) {
        if (part.empty()) {
            continue;
        }
        const auto equals = part.find('=');
        const auto value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
        query.values_[decode(part.substr(0, equals))].push_back(decode(value));
    }
    return query;
}

std::optional<std::string> Query::find(std::string_view key) const {
    const auto entry = values_.find(key);
    if (entry == values_.end()) {
        return std::nullopt;
    }
    return entry->second.back();
}

void Query::set(std::string_view key, std::string value) {
    values_[std::string(key)] = {std::move(value)};
}

void Query::remove(std::string_view key) {
    if (const auto entry = values_.find(key); entry != values_.end()) {
        values_.erase(entry);
    }
}

std::string Query::encode() const {
    std::string text;
    for (const auto& [key, values] : values_) {
        for (const auto& value : values) {
            text += text.empty() ? '?' : '&';
            text += encode_part(key) + '=' + encode_part(value);
        }
    }
    return text;
}

}  // namespace elasticbot::http
