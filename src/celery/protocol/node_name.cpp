// From program and host to a name that no other worker of the host has.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/protocol/node_name.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::celery {

namespace {

constexpr std::string_view default_name = "celery";
constexpr std::string_view default_program = "worker";

// %h is the whole host name, %n its part before the first dot, %d the rest, %% a percent sign; as
// Celery's. Anything else stays.
std::string expand(std::string_view pattern, std::string_view host) {
    const auto dot = std::min(host.find('.'), host.size());
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char next = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        switch (next) {
            case 'h':
                text += host;
                break;
            case 'n':
                text += host.substr(0, dot);
                break;
            case 'd':
                text += host.substr(std::min(dot + 1, host.size()));
                break;
            case '%':
                text += '%';
                break;
            default:
                text += pattern[i];
                continue;
        }
        ++i;
    }
    return text;
}

}  // namespace

std::string node_name(
    std::string_view configured, std::string_view program, std::string_view host
) {
    const auto colon = program.find(':');
    const auto base = program.substr(0, colon);
    const auto instance =
        colon == std::string_view::npos ? std::string_view() : program.substr(colon + 1);
    std::string name(base.empty() || base == default_program ? default_name : base);
    std::string place(host);
    if (!configured.empty()) {
        const auto expanded = expand(configured, host);
        const auto at = expanded.find('@');
        name = expanded.substr(0, at);
        if (at != std::string::npos) {
            place = expanded.substr(at + 1);
        }
    }
    return fmt::format("{}{}@{}", name, instance, place);
}

}  // namespace elasticbot::celery
