#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/cli/arguments.hpp>
#include <elasticbot/cli/old_names.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::cli {

namespace {

// Global options that take their value from the next word.
bool takes_next_word(std::string_view option) {
    return option == "-c" || option == "--config" || option == "--socket";
}

std::string folded(std::string_view name) {
    return text::replace_all(name, "_", "-");
}

const CommandName* find(const CommandName& parent, std::string_view name) {
    const auto found = std::ranges::find(
        parent.children, folded(name), [](const CommandName& child) { return folded(child.name); }
    );
    return found == parent.children.end() ? nullptr : &*found;
}

Error unknown_command(const CommandName& parent, const std::string& path, std::string_view name) {
    if (const std::string_view retired = retired_command(name); !retired.empty()) {
        return {Errc::invalid, fmt::format("cannot run \"{}\": {}", name, retired)};
    }

    std::vector<std::string_view> known;
    known.reserve(parent.children.size());
    for (const CommandName& child : parent.children) {
        known.emplace_back(child.name);
    }
    std::string nearest = nearest_name(name, known);
    if (nearest.empty()) {
        nearest = nearest_name(text::replace_all(name, "-", "_"), known);
    }
    if (!nearest.empty()) {
        return {
            Errc::invalid,
            fmt::format(
                "cannot find the command \"{}\" (did you mean \"{}{}\"?)", name, path, nearest
            )
        };
    }
    return {
        Errc::invalid,
        fmt::format(
            "cannot find the command \"{}\"; \"elasticbot {}--help\" lists them", name, path
        )
    };
}

// Index of the next word that is not an option, from `index` on.
std::size_t next_name(const std::vector<std::string>& words, std::size_t index) {
    while (index < words.size() && words[index].starts_with('-')) {
        index += takes_next_word(words[index]) ? 2 : 1;
    }
    return std::min(index, words.size());
}

void erase_word(std::vector<std::string>& words, std::size_t index) {
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace

Result<std::vector<std::string>> normalise(
    std::vector<std::string> words, const CommandName& root
) {
    std::size_t index = next_name(words, 0);
    if (index < words.size() && words[index] == root.name) {
        erase_word(words, index);
    }
    index = next_name(words, index);
    if (index < words.size() && words[index] == "manage") {
        erase_word(words, index);
    }
    index = next_name(words, index);
    if (index < words.size() && words[index] == "help") {
        erase_word(words, index);
        words.emplace_back("--help");
        index = next_name(words, index);
    }

    std::string path;
    const CommandName* command = &root;
    while (index < words.size() && !command->children.empty()) {
        const CommandName* child = find(*command, words[index]);
        if (child == nullptr) {
            return unknown_command(*command, path, words[index]);
        }
        words[index] = child->name;
        path += child->name + " ";
        command = child;
        index = next_name(words, index + 1);
    }
    return words;
}

}  // namespace elasticbot::cli
