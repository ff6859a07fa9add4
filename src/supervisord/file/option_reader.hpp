// Reads single options: finds them, expands them, gives them their type, and notes what is wrong.
//
// The reference stops at its first error. This reader goes on with the default, so that all are
// told, and keeps the first one apart.
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/supervisord/file/expand.hpp>
#include <elasticbot/supervisord/file/ini.hpp>
#include <elasticbot/supervisord/file/surroundings.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace elasticbot::supervisord {

class OptionReader {
public:
    OptionReader(const Ini& ini, const Surroundings& surroundings, Diagnostics& findings)
        : ini_(ini), surroundings_(surroundings), findings_(findings) {}

    const Ini& ini() const { return ini_; }

    const Surroundings& surroundings() const { return surroundings_; }

    Diagnostics& findings() { return findings_; }

    const std::optional<std::string>& error() const { return error_; }

    // What is added to errors inside sections of programs: " in section 'program:x' (file: …)".
    void set_suffix(std::string suffix) { suffix_ = std::move(suffix); }

    void fail(Location at, const std::string& text);
    void warn(Location at, std::string_view section, std::string_view key, std::string_view text);

    // Where the option stands, else where its section does.
    Location place(const IniSection& section, std::string_view key) const;

    // As written; nothing without the option.
    std::optional<std::string> raw(const IniSection& section, std::string_view key) const;

    // Expanded; nothing without the option, or when it cannot be expanded.
    std::optional<std::string> text(
        const IniSection& section, std::string_view key, const Expansions& names
    );

    template <class T>
    T value(
        const IniSection& section,
        std::string_view key,
        const Expansions& names,
        Parsed<T> (*parse)(std::string_view),
        T fallback
    ) {
        const auto written = text(section, key, names);
        if (!written) {
            return fallback;
        }
        auto parsed = parse(*written);
        if (!parsed) {
            fail(place(section, key), parsed.error());
            return fallback;
        }
        return std::move(*parsed);
    }

    // A user that exists; "" without the option.
    std::string user(const IniSection& section, std::string_view key, const Expansions& names);
    // Why there is no such user, or "".
    std::string problem_with_user(const std::string& user) const;
    bool is_owner(std::string_view user_and_group) const;

    // `~` replaced. The path as it is when nobody has that name.
    std::string with_home(const std::string& path) const;
    // With `~` replaced, absolute and without "..".
    std::string absolute(const std::string& path) const;
    Parsed<std::string> existing_directory(const std::string& path) const;
    // A file whose folder exists.
    Parsed<std::string> file_in_directory(const std::string& path) const;

private:
    const Ini& ini_;
    const Surroundings& surroundings_;
    Diagnostics& findings_;
    std::string suffix_;
    std::optional<std::string> error_;
};

}  // namespace elasticbot::supervisord
