#include "option_reader.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::supervisord {

void OptionReader::fail(Location at, const std::string& text) {
    std::string whole = text + suffix_;
    if (!error_) {
        error_ = whole;
    }
    // An option that is read once per process is wrong once.
    const Diagnostic finding{Severity::error, at, whole};
    if (std::ranges::find(findings_.findings(), finding) == findings_.findings().end()) {
        findings_.error(std::move(at), std::move(whole));
    }
}

void OptionReader::warn(
    Location at, std::string_view section, std::string_view key, std::string_view text
) {
    Diagnostic finding{
        Severity::warning,
        std::move(at),
        key.empty() ? fmt::format("[{}]: {}", section, text)
                    : fmt::format("[{}] {}: {}", section, key, text)
    };
    if (std::ranges::find(findings_.findings(), finding) == findings_.findings().end()) {
        findings_.warning(std::move(finding.location), std::move(finding.message));
    }
}

Location OptionReader::place(const IniSection& section, std::string_view key) const {
    const IniOption* const option = ini_.find(section, key);
    return option == nullptr ? section.at : option->at;
}

std::optional<std::string> OptionReader::raw(const IniSection& section, std::string_view key)
    const {
    const IniOption* const option = ini_.find(section, key);
    return option == nullptr ? std::nullopt : std::optional(option->value);
}

std::optional<std::string> OptionReader::text(
    const IniSection& section, std::string_view key, const Expansions& names
) {
    const auto written = raw(section, key);
    if (!written) {
        return std::nullopt;
    }
    auto expanded = expand(*written, names, fmt::format("{}.{}", section.name, key));
    if (expanded) {
        return std::move(*expanded);
    }
    // The reference shows the password.
    const bool is_secret = key == "password";
    fail(
        place(section, key),
        is_secret ? text::replace_all(expanded.error(), python::repr(*written), "'***'")
                  : expanded.error()
    );
    return std::nullopt;
}

std::string OptionReader::user(
    const IniSection& section, std::string_view key, const Expansions& names
) {
    auto user = text(section, key, names);
    if (!user) {
        return "";
    }
    if (const std::string problem = problem_with_user(*user); !problem.empty()) {
        fail(place(section, key), problem);
        return "";
    }
    return std::move(*user);
}

std::string OptionReader::problem_with_user(const std::string& user) const {
    if (surroundings_.home_of(std::string(python::strip(user)))) {
        return "";
    }
    return fmt::format("Invalid user {} {}", parse_integer(user) ? "id" : "name", user);
}

bool OptionReader::is_owner(std::string_view user_and_group) const {
    const std::size_t colon = user_and_group.find(':');
    const std::string user(user_and_group.substr(0, colon));
    return problem_with_user(user).empty() &&
           (colon == std::string_view::npos ||
            surroundings_.group_exists(std::string(user_and_group.substr(colon + 1))));
}

std::string OptionReader::with_home(const std::string& path) const {
    if (!path.starts_with('~')) {
        return path;
    }
    const std::size_t slash = std::min(path.find('/'), path.size());
    std::optional<std::string> home;
    if (slash > 1) {
        home = surroundings_.home_of(path.substr(1, slash - 1));
    } else if (const auto found = surroundings_.environment.find("HOME");
               found != surroundings_.environment.end()) {
        home = found->second;
    }
    if (!home) {
        return path;
    }
    while (home->ends_with('/')) {
        home->pop_back();
    }
    const std::string whole = *home + path.substr(slash);
    return whole.empty() ? "/" : whole;
}

std::string OptionReader::absolute(const std::string& path) const {
    const std::string whole = with_home(path);
    return normal_path(
        whole.starts_with('/') ? whole : surroundings_.working_directory + "/" + whole
    );
}

Parsed<std::string> OptionReader::existing_directory(const std::string& path) const {
    std::string whole = with_home(path);
    if (!surroundings_.is_directory(whole)) {
        return std::unexpected(fmt::format("{} is not an existing directory", path));
    }
    return whole;
}

Parsed<std::string> OptionReader::file_in_directory(const std::string& path) const {
    std::string whole = with_home(path);
    const std::size_t slash = whole.rfind('/');
    if (slash == std::string::npos || surroundings_.is_directory(whole.substr(0, slash + 1))) {
        return whole;
    }
    return std::unexpected(
        fmt::format("The directory named as part of the path {} does not exist", path)
    );
}

}  // namespace elasticbot::supervisord
