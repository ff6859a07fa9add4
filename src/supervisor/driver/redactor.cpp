#include "redactor.hpp"

#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/text.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace elasticbot::supervise {

namespace {

// "postgres://app:secret@db/app" → "secret"
std::optional<std::string_view> password_of_url(std::string_view url) {
    const auto scheme = url.find("://");
    const auto at =
        url.rfind('@', url.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 3));
    if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme) {
        return std::nullopt;
    }
    const std::string_view user = url.substr(scheme + 3, at - scheme - 3);
    const auto colon = user.find(':');
    return colon == std::string_view::npos ? std::nullopt : std::optional(user.substr(colon + 1));
}

}  // namespace

void Redactor::learn(const std::map<std::string, std::string>& environment) {
    for (const auto& [name, value] : environment) {
        if (const auto password = password_of_url(value)) {
            add(std::string(*password));
            if (auto decoded = text::percent_decode(*password)) {
                add(*std::move(decoded));
            }
        } else if (is_secret_name(name) && !text::upper(name).ends_with("_URL")) {
            add(value);
        }
    }
}

void Redactor::add(std::string secret) {
    if (secret.size() < shortest_secret || std::ranges::find(secrets_, secret) != secrets_.end()) {
        return;
    }
    secrets_.push_back(std::move(secret));
    std::ranges::sort(secrets_, std::ranges::greater{}, &std::string::size);
}

void Redactor::apply(log::Record& record) const {
    apply(record.message);
    for (auto& [key, value] : record.fields) {
        if (auto* text = std::get_if<std::string>(&value)) {
            apply(*text);
        }
    }
}

void Redactor::apply(std::string& text) const {
    for (const auto& secret : secrets_) {
        if (text.find(secret) != std::string::npos) {
            text = text::replace_all(text, secret, "***");
        }
    }
}

}  // namespace elasticbot::supervise
