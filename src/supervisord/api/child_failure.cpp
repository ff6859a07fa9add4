#include "child_failure.hpp"

#include <fmt/format.h>

#include <system_error>

// strerrorname_np() is not in <cstring>.
#include <string.h>  // NOLINT(modernize-deprecated-headers)

namespace elasticbot::supervisord {

namespace {

constexpr int last_error_number = 133;  // EHWPOISON

// "ENOENT" of a text that begins with what the system says of it; else the text.
std::string error_name(std::string_view text) {
    for (int number = 1; number <= last_error_number; ++number) {
        if (text.starts_with(std::generic_category().message(number))) {
            return ::strerrorname_np(number);
        }
    }
    return std::string(text);
}

// "65534" of "… (uid 65534, gid 65534)".
std::string_view uid_of(std::string_view text) {
    constexpr std::string_view before = "(uid ";
    const auto begin = text.find(before);
    if (begin == std::string_view::npos) {
        return text;
    }
    text.remove_prefix(begin + before.size());
    return text.substr(0, text.find(','));
}

// Nobody but root is refused by the system.
std::string_view why_not(std::string_view reason) {
    return error_name(reason) == "EPERM" ? "Can't drop privilege as nonroot user" : reason;
}

}  // namespace

std::optional<std::string> child_failure(std::string_view reason) {
    const auto colon = reason.rfind(": ");
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view what = reason.substr(0, colon);
    const std::string_view why = reason.substr(colon + 2);
    constexpr std::string_view directory = "cannot change to the directory ";
    constexpr std::string_view program = "cannot execute ";
    constexpr std::string_view user = "cannot become user ";
    if (what.starts_with(directory)) {
        return fmt::format(
            "couldn't chdir to {}: {}", what.substr(directory.size()), error_name(why)
        );
    }
    if (what.starts_with(program)) {
        return fmt::format("couldn't exec {}: {}", what.substr(program.size()), error_name(why));
    }
    if (what.starts_with(user)) {
        return fmt::format("couldn't setuid to {}: {}", uid_of(what), why_not(why));
    }
    return std::nullopt;
}

}  // namespace elasticbot::supervisord
