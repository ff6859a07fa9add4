#include <elasticbot/supervisord/file/key_values.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <utility>

namespace elasticbot::supervisord {

namespace {

using Tokens = std::vector<std::string>;

enum class Mode { of_4_2, posix };

bool is_quote(char c) {
    return c == '\'' || c == '"';
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Python's shlex with the word characters that supervisord adds.
class Lexer {
public:
    Lexer(std::string_view text, Mode mode) : text_(text), mode_(mode) {}

    Parsed<Tokens> read() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_blank(c)) {
                ++at_;
                end_token();
            } else if (c == '#') {
                skip_line();
                // Outside of POSIX mode a word goes on in the next line.
                if (mode_ == Mode::posix) {
                    end_token();
                }
            } else if (begins_quotes(c)) {
                if (!(mode_ == Mode::posix ? posix_quotes() : plain_quotes())) {
                    return std::unexpected("No closing quotation");
                }
            } else if (c == '\\' && mode_ == Mode::posix) {
                if (at_ + 1 == text_.size()) {
                    return std::unexpected("No escaped character");
                }
                add(text_.substr(at_ + 1, 1));
                at_ += 2;
            } else {
                word_or_single();
            }
        }
        end_token();
        return std::move(tokens_);
    }

private:
    void add(std::string_view text) {
        token_ += text;
        in_token_ = true;
    }

    void end_token() {
        if (in_token_) {
            tokens_.push_back(std::move(token_));
        }
        token_.clear();
        in_token_ = false;
    }

    void skip_line() {
        const std::size_t end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end + 1;
    }

    // Outside of POSIX mode a quote inside a word belongs to it.
    bool begins_quotes(char c) const { return is_quote(c) && (mode_ == Mode::posix || !in_token_); }

    // A token of its own, quotes included; no backslash is special.
    bool plain_quotes() {
        const std::size_t end = text_.find(text_[at_], at_ + 1);
        if (end == std::string_view::npos) {
            return false;
        }
        add(text_.substr(at_, end + 1 - at_));
        end_token();
        at_ = end + 1;
        return true;
    }

    // A part of the token; inside "…" a backslash protects itself and the quote.
    bool posix_quotes() {
        const char quote = text_[at_++];
        in_token_ = true;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == quote) {
                ++at_;
                return true;
            }
            const bool is_escape = c == '\\' && quote == '"' && at_ + 1 < text_.size();
            if (is_escape && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\')) {
                ++at_;
            }
            add(text_.substr(at_, 1));
        }
        return false;
    }

    void word_or_single() {
        const python::Character character = python::character_at(text_, at_);
        const std::string_view bytes = text_.substr(at_, character.size);
        at_ += character.size;
        if (is_word(character)) {
            return add(bytes);
        }
        if (in_token_ && is_quote(bytes.front())) {
            return add(bytes);
        }
        end_token();
        tokens_.emplace_back(bytes);
    }

    bool is_word(const python::Character& character) const {
        const char32_t c = character.code;
        if (c >= 0x80 || !character.is_valid) {
            // The older reading makes each of them a token, which nobody can have meant.
            return mode_ == Mode::posix;
        }
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_/.+-():").contains(static_cast<char>(c));
    }

    std::string_view text_;
    Mode mode_;
    std::size_t at_ = 0;
    std::string token_;
    bool in_token_ = false;
    Tokens tokens_;
};

std::string without_quotes(std::string_view value) {
    while (!value.empty() && is_quote(value.front())) {
        value.remove_prefix(1);
    }
    while (!value.empty() && is_quote(value.back())) {
        value.remove_suffix(1);
    }
    return std::string(value);
}

// KEY = VALUE and any one token as the separator, over and over.
Parsed<KeyValueList> pairs_of(std::string_view text, Mode mode) {
    const auto tokens = Lexer(text, mode).read();
    if (!tokens) {
        return std::unexpected(tokens.error());
    }
    KeyValueList list;
    for (std::size_t i = 0; i < tokens->size(); i += 4) {
        if (tokens->size() - i < 3 || (*tokens)[i + 1] != "=") {
            return std::unexpected(
                fmt::format("Unexpected end of key/value pairs in value '{}'", text)
            );
        }
        const std::string& key = (*tokens)[i];
        const std::string& value = (*tokens)[i + 2];
        list.pairs[key] = mode == Mode::posix ? value : without_quotes(value);
        if (i + 3 < tokens->size() && (*tokens)[i + 3] != "," && (*tokens)[i + 3] != ";") {
            list.warnings.push_back(fmt::format(
                "the value of {} ends before \"{}\", which is taken as a separator: quote the "
                "value",
                key,
                (*tokens)[i + 3]
            ));
        }
    }
    return list;
}

}  // namespace

Parsed<KeyValueList> parse_key_values_of_4_2(std::string_view text) {
    return pairs_of(text, Mode::of_4_2);
}

Parsed<KeyValueList> parse_key_values(std::string_view text) {
    Parsed<KeyValueList> older = pairs_of(text, Mode::of_4_2);
    Parsed<KeyValueList> newer = pairs_of(text, Mode::posix);
    if (!newer && !older) {
        return std::unexpected(older.error());
    }
    if (!newer) {
        older->warnings.emplace_back("supervisord after 4.3 refuses this value: quote it");
        return older;
    }
    if (!older) {
        newer->warnings.emplace_back("supervisord 4.2 and 4.3 refuse this value");
    } else if (older->pairs != newer->pairs) {
        newer->warnings.emplace_back(
            "supervisord 4.2 and 4.3 read this value differently; here it is read as in a POSIX "
            "shell"
        );
    }
    return newer;
}

}  // namespace elasticbot::supervisord
