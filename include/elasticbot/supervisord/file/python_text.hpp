// Texts as Python sees them: what counts as white space, and how a value is quoted in a message.
//
// The reference is a Python program, and its messages are to be matched word for word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord::python {

// One character of a UTF-8 text. A byte that does not belong to one stands alone, as invalid.
struct Character {
    char32_t code = 0;
    std::size_t size = 1;
    bool is_valid = true;
};

// `at` is inside `text`.
Character character_at(std::string_view text, std::size_t at);

std::size_t length(std::string_view text);

// str.isspace() of one character, also of those beyond ASCII: a no-break space from a web page is
// one.
bool is_space(char32_t code);

// str.strip(), lstrip(), rstrip(), split().
std::string_view strip(std::string_view text);
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);
std::vector<std::string> split(std::string_view text);

// repr(): 'it\'s' is written "it's", control characters as escapes.
std::string repr(std::string_view text);

}  // namespace elasticbot::supervisord::python
