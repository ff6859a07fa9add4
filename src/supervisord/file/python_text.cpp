#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <cstdint>

namespace elasticbot::supervisord::python {

namespace {

// Bytes that a first byte announces, itself included; 0: it cannot be a first one.
std::size_t announced(unsigned char first) {
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        return 2;
    }
    if (first >= 0xe0 && first < 0xf0) {
        return 3;
    }
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

bool is_printable(char32_t code) {
    const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    return !is_control && code != 0xad && (code == ' ' || !is_space(code));
}

std::string escaped(const Character& character) {
    const auto code = static_cast<std::uint32_t>(character.code);
    if (!character.is_valid) {
        return fmt::format("\\udc{:02x}", code);  // As Python keeps bytes that are no UTF-8.
    }
    switch (character.code) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        case '\\':
            return "\\\\";
        default:
            break;
    }
    if (code < 0x100) {
        return fmt::format("\\x{:02x}", code);
    }
    return code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const Character invalid{byte(at), 1, false};
    const std::size_t size = announced(byte(at));
    if (size == 0 || at + size > text.size()) {
        return invalid;
    }
    if (size == 1) {
        return {byte(at), 1, true};
    }

    char32_t code = byte(at) & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(at + i) & 0xc0U) != 0x80U) {
            return invalid;
        }
        code = (code << 6U) | (byte(at + i) & 0x3fU);
    }
    const bool is_overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    const bool is_surrogate = code >= 0xd800 && code < 0xe000;
    return is_overlong || is_surrogate || code > 0x10ffff ? invalid : Character{code, size, true};
}

std::size_t length(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); at += character_at(text, at).size) {
        ++count;
    }
    return count;
}

bool is_space(char32_t code) {
    return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) || code == 0x85 ||
           code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

std::string_view strip_left(std::string_view text) {
    while (!text.empty()) {
        const Character first = character_at(text, 0);
        if (!first.is_valid || !is_space(first.code)) {
            break;
        }
        text.remove_prefix(first.size);
    }
    return text;
}

std::string_view strip_right(std::string_view text) {
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        at += character.size;
        if (!character.is_valid || !is_space(character.code)) {
            end = at;
        }
    }
    return text.substr(0, end);
}

std::string_view strip(std::string_view text) {
    return strip_right(strip_left(text));
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        if (!character.is_valid || !is_space(character.code)) {
            word += text.substr(at, character.size);
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
        at += character.size;
    }
    if (!word.empty()) {
        words.push_back(std::move(word));
    }
    return words;
}

std::string repr(std::string_view text) {
    const char quote = text.contains('\'') && !text.contains('"') ? '"' : '\'';
    std::string quoted(1, quote);
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        if (character.is_valid && character.code == static_cast<char32_t>(quote)) {
            quoted += '\\';
            quoted += quote;
        } else if (character.is_valid && character.code != '\\' && is_printable(character.code)) {
            quoted += text.substr(at, character.size);
        } else {
            quoted += escaped(character);
        }
        at += character.size;
    }
    return quoted + quote;
}

}  // namespace elasticbot::supervisord::python
