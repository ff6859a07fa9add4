#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/ini.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// A line without its end, its number, and what the reference shows of it in a message.
struct Line {
    std::string_view text;
    int number = 0;
    bool has_end = true;

    std::string repr() const { return python::repr(std::string(text) + (has_end ? "\n" : "")); }
};

// Whether the character that ends at `at` is white space; it has at most four bytes.
bool is_space_before(std::string_view text, std::size_t at) {
    for (std::size_t back = std::min<std::size_t>(at, 4); back > 0; --back) {
        const python::Character before = python::character_at(text, at - back);
        if (before.is_valid && before.size == back) {
            return python::is_space(before.code);
        }
    }
    return false;
}

// Where an inline comment begins; nothing without one.
//
// Both marks are looked for side by side, one occurrence each per turn, and the search ends with
// the turn in which one of them follows white space: in `a;b ;c #d` that is the '#', as the first
// ';' does not, and the second would have its turn only after it.
std::optional<std::size_t> comment_start(std::string_view line) {
    const std::string_view stripped = python::strip(line);
    if (stripped.starts_with('#') || stripped.starts_with(';')) {
        return 0;
    }
    std::array<std::size_t, 2> from = {0, 0};
    constexpr std::array marks = {';', '#'};
    std::optional<std::size_t> start;
    while (!start && (from[0] <= line.size() || from[1] <= line.size())) {
        for (std::size_t i = 0; i < marks.size(); ++i) {
            const std::size_t at =
                from[i] > line.size() ? std::string_view::npos : line.find(marks[i], from[i]);
            if (at == std::string_view::npos) {
                from[i] = line.size() + 1;
                continue;
            }
            from[i] = at + 1;
            if (at == 0 || is_space_before(line, at)) {
                start = std::min(start.value_or(at), at);
            }
        }
    }
    return start;
}

// The quote that is open at the end of the text, as a shell counts them; 0: none.
char open_quote(std::string_view text) {
    char open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && open != '\'') {
            ++i;
        } else if (open == 0 && (c == '\'' || c == '"')) {
            open = c;
        } else if (open == c) {
            open = 0;
        }
    }
    return open;
}

bool is_in_quotes(std::string_view value) {
    return value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
           value.front() == value.back();
}

class Reader {
public:
    Reader(const std::string& source, Ini& ini, Diagnostics& findings)
        : source_(source), ini_(ini), findings_(findings) {}

    void read(std::string_view text) {
        if (text.starts_with(byte_order_mark)) {
            text.remove_prefix(byte_order_mark.size());
        }
        Line line;
        while (!text.empty() && !has_no_header_) {
            const std::size_t end = text.find_first_of("\r\n");
            line.text = text.substr(0, end);
            line.has_end = end != std::string_view::npos;
            ++line.number;
            text.remove_prefix(line.has_end ? end : text.size());
            if (text.starts_with("\r\n")) {
                text.remove_prefix(2);
            } else if (!text.empty()) {
                text.remove_prefix(1);
            }
            take(line);
        }
        end_option();
        if (!broken_lines_.empty()) {
            findings_.error(
                at(first_broken_),
                fmt::format(
                    "Source contains parsing errors: {}{}", python::repr(source_), broken_lines_
                )
            );
        }
    }

private:
    Location at(int line) const { return {source_, line, 0}; }

    void take(const Line& line) {
        const std::optional<std::size_t> comment = comment_start(line.text);
        const std::string_view value =
            python::strip(line.text.substr(0, comment.value_or(line.text.size())));
        if (value.empty()) {
            // Blank lines belong to the value, comments do not.
            if (!comment && option_) {
                value_ += '\n';
            }
            return;
        }

        const std::size_t indent =
            python::length(line.text) - python::length(python::strip_left(line.text));
        if (option_ && indent > indent_) {
            value_ += '\n';
            value_ += value;
        } else {
            indent_ = indent;
            header_or_option(line, value);
        }
        warn_of_cut(line, comment);
    }

    void header_or_option(const Line& line, std::string_view value) {
        const std::size_t last = value.rfind(']');
        if (value.starts_with('[') && last != std::string_view::npos && last > 1) {
            return header(std::string(value.substr(1, last - 1)), line.number);
        }
        if (section_ == nullptr) {
            has_no_header_ = true;
            findings_.error(
                at(line.number),
                fmt::format(
                    "File contains no section headers.\nfile: {}, line: {}\n{}",
                    python::repr(source_),
                    line.number,
                    line.repr()
                )
            );
            return;
        }
        const std::size_t delimiter = value.find_first_of("=:");
        if (delimiter == std::string_view::npos) {
            return broken(line);
        }
        const std::string key = text::lower(python::strip_right(value.substr(0, delimiter)));
        if (key.empty()) {
            end_option();
            return broken(line);
        }
        option(key, python::strip(value.substr(delimiter + 1)), line.number);
    }

    void header(const std::string& name, int line) {
        end_option();
        seen_.clear();
        if (name == "DEFAULT") {
            section_ = &ini_.defaults;
            findings_.warning(
                at(line),
                "[DEFAULT]: its options hold in every section; supervisord hands them to the rpc "
                "interface too, which refuses them"
            );
        } else {
            auto found = std::ranges::find(ini_.sections, name, &IniSection::name);
            if (found == ini_.sections.end()) {
                found = ini_.sections.insert(found, {name, at(line), {}});
            }
            section_ = &*found;
        }
    }

    void option(const std::string& key, std::string_view value, int line) {
        end_option();
        option_ = IniOption{key, "", at(line)};
        value_ = value;
        if (key.starts_with('[')) {
            findings_.warning(
                at(line),
                fmt::format("{}: is an option, not a section: the header lacks its ']'", key)
            );
        } else if (!seen_.insert(key).second) {
            findings_.warning(
                at(line), fmt::format("{}: given twice in this section; the last one counts", key)
            );
        }
    }

    void end_option() {
        if (!option_) {
            return;
        }
        option_->value = python::strip_right(value_);
        if (is_in_quotes(option_->value) && option_->key != "command" &&
            option_->key != "environment") {
            findings_.warning(
                option_->at, fmt::format("{}: the quotes are part of the value", option_->key)
            );
        }
        auto found = std::ranges::find(section_->options, option_->key, &IniOption::key);
        if (found == section_->options.end()) {
            section_->options.push_back(std::move(*option_));
        } else {
            *found = std::move(*option_);
        }
        option_.reset();
    }

    void broken(const Line& line) {
        if (broken_lines_.empty()) {
            first_broken_ = line.number;
        }
        broken_lines_ += fmt::format("\n\t[line {:2}]: {}", line.number, line.repr());
    }

    void warn_of_cut(const Line& line, std::optional<std::size_t> comment) {
        if (!comment || !option_) {
            return;
        }
        const char open = open_quote(value_);
        if (open != 0 && line.text.substr(*comment).contains(open)) {
            findings_.warning(
                at(line.number),
                fmt::format(
                    "{}: the value ends before \"{}\": quotes do not keep a '{}' behind a blank "
                    "from beginning a comment",
                    option_->key,
                    line.text.substr(*comment),
                    line.text[*comment]
                )
            );
        }
    }

    const std::string& source_;
    Ini& ini_;
    Diagnostics& findings_;
    IniSection* section_ = nullptr;
    std::optional<IniOption> option_;  // The one whose lines are being read.
    std::string value_;
    std::size_t indent_ = 0;
    std::set<std::string> seen_;  // Keys since the last header.
    bool has_no_header_ = false;
    std::string broken_lines_;
    int first_broken_ = 0;
};

}  // namespace

const IniOption* IniSection::find(std::string_view key) const {
    const auto found = std::ranges::find(options, key, &IniOption::key);
    return found == options.end() ? nullptr : &*found;
}

const IniSection* Ini::find(std::string_view name) const {
    const auto found = std::ranges::find(sections, name, &IniSection::name);
    return found == sections.end() ? nullptr : &*found;
}

const IniOption* Ini::find(const IniSection& section, std::string_view key) const {
    const IniOption* const own = section.find(key);
    return own != nullptr ? own : defaults.find(key);
}

void read_ini(std::string_view text, const std::string& source, Ini& ini, Diagnostics& findings) {
    Reader(source, ini, findings).read(text);
}

}  // namespace elasticbot::supervisord
