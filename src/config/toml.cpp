// elasticbot.toml → raw entries with positions.
#include "raw.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/config/toml_library.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace elasticbot::config {

namespace {

Location location(const toml::source_region& region, const std::string& source) {
    return {source, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

std::string scalar_text(const toml::node& node) {
    if (const auto* const text = node.as_string()) {
        return text->get();
    }
    if (const auto* const number = node.as_integer()) {
        return std::to_string(number->get());
    }
    if (const auto* const number = node.as_floating_point()) {
        return fmt::format("{}", number->get());
    }
    if (const auto* const truth = node.as_boolean()) {
        return truth->get() ? "true" : "false";
    }
    return "";
}

bool is_scalar(const toml::node& node) {
    return node.is_string() || node.is_integer() || node.is_floating_point() || node.is_boolean();
}

RawValue raw_value(const toml::node& node) {
    using Form = RawValue::Form;
    if (node.is_string()) {
        return {Form::text, scalar_text(node), {}, {}};
    }
    if (node.is_boolean()) {
        return {Form::boolean, scalar_text(node), {}, {}};
    }
    if (is_scalar(node)) {
        return {Form::number, scalar_text(node), {}, {}};
    }

    RawValue raw{Form::other, "a date or a nested value", {}, {}};
    if (const toml::array* array = node.as_array()) {
        if (!std::ranges::all_of(*array, is_scalar)) {
            return raw;
        }
        raw.form = Form::list;
        for (const toml::node& item : *array) {
            raw.items.push_back(scalar_text(item));
        }
        raw.text = fmt::format("{}", fmt::join(raw.items, ","));
    } else if (const toml::table* table = node.as_table()) {
        for (auto&& [key, value] : *table) {
            if (!is_scalar(value)) {
                return raw;
            }
        }
        raw.form = Form::table;
        for (auto&& [key, value] : *table) {
            raw.pairs.emplace_back(key.str(), scalar_text(value));
        }
    }
    return raw;
}

// The first line whose '[' is followed by what cannot begin a name; 0 when there is none.
int bad_header_line(std::string_view text) {
    int number = 0;
    for (const std::string_view line : text::split(text, '\n')) {
        ++number;
        std::string_view name = text::trim(line);
        if (!name.starts_with('[')) {
            continue;
        }
        name = text::trim(name.substr(name.starts_with("[[") ? 2 : 1));
        const bool begins_a_name =
            !name.empty() && (std::isalnum(static_cast<unsigned char>(name.front())) != 0 ||
                              std::string_view("_-\"']").contains(name.front()));
        if (!begins_a_name) {
            return number;
        }
    }
    return 0;
}

class Reader {
public:
    explicit Reader(std::string source) : source_(std::move(source)) {}

    std::vector<RawEntry> read(const toml::table& root) {
        for (auto&& [key, node] : root) {
            const toml::table* section = node.as_table();
            if (section == nullptr) {
                add("", key, node);
            } else if (key == "program" || key == "socket") {
                named_sections(std::string(key.str()), *section);
            } else {
                entries_of(std::string(key.str()), *section);
            }
        }
        // toml++ sorts by name; programs start in the order of the file.
        std::ranges::stable_sort(entries_, {}, [](const RawEntry& entry) {
            return std::pair(entry.key_at.line, entry.key_at.column);
        });
        return std::move(entries_);
    }

private:
    void named_sections(const std::string& kind, const toml::table& sections) {
        for (auto&& [name, node] : sections) {
            const toml::table* section = node.as_table();
            if (section == nullptr) {
                add(kind, name, node);
                continue;
            }
            const std::string path = kind + "." + std::string(name.str());
            // A section without keys counts too.
            entries_.push_back(
                {path, "", {}, location(name.source(), source_), location(name.source(), source_)}
            );
            entries_of(path, *section);
        }
    }

    void entries_of(const std::string& section, const toml::table& table) {
        for (auto&& [key, node] : table) {
            add(section, key, node);
        }
    }

    void add(const std::string& section, const toml::key& key, const toml::node& node) {
        entries_.push_back(
            {section,
             std::string(key.str()),
             raw_value(node),
             location(key.source(), source_),
             location(node.source(), source_)}
        );
    }

    std::string source_;
    std::vector<RawEntry> entries_;
};

}  // namespace

std::vector<RawEntry> read_toml(
    std::string_view text, const std::string& source, Diagnostics& findings
) try {
    const toml::parse_result parsed = toml::parse(text, source);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        findings.error(
            location(error.source(), source),
            fmt::format("cannot read TOML: {}", error.description())
        );
        return {};
    }
    return Reader(source).read(parsed.table());
} catch (const std::logic_error&) {
    findings.error(
        {source, bad_header_line(text), 0},
        "cannot read TOML: a [section] has to begin with a letter, a digit, '_', '-' or a quote"
    );
    return {};
}

}  // namespace elasticbot::config
