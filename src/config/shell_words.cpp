#include "shell_words.hpp"

#include <fmt/format.h>

namespace elasticbot::config {

namespace {

constexpr std::string_view shell_only = "|&;<>()$`*?";

std::string needs_shell(char c) {
    return fmt::format(
        "holds '{}', which needs a shell: quote it, or use [\"sh\", \"-c\", \"…\"] with exec in "
        "front of the last command",
        c
    );
}

}  // namespace

std::expected<std::vector<std::string>, std::string> shell_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote == '\'') {
            if (c == '\'') {
                quote = 0;
            } else {
                word += c;
            }
        } else if (c == '\\') {
            if (i + 1 == line.size()) {
                return std::unexpected("ends with a backslash");
            }
            const char next = line[++i];
            // Inside double quotes a backslash is literal unless it protects something. (POSIX
            // shell, 2.2.3)
            if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`') {
                word += '\\';
            }
            word += next;
            in_word = true;
        } else if (quote == '"') {
            if (c == '"') {
                quote = 0;
            } else if (c == '$' || c == '`') {
                return std::unexpected(needs_shell(c));
            } else {
                word += c;
            }
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (in_word) {
                words.push_back(std::move(word));
            }
            word.clear();
            in_word = false;
        } else if (shell_only.contains(c)) {
            return std::unexpected(needs_shell(c));
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) {
        return std::unexpected(fmt::format("has no closing {}", quote));
    }
    if (in_word) {
        words.push_back(std::move(word));
    }
    return words;
}

}  // namespace elasticbot::config
