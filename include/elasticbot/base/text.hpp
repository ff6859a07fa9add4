// Plain text: split, trim, case, percent-decoding, sizes, UTF-8 repair.
#pragma once

#include <elasticbot/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::text {

std::string_view trim(std::string_view text);
// Empty parts are kept; split("", ',') is one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
// Comma separated, trimmed, empty parts dropped.
std::vector<std::string> split_list(std::string_view text);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
bool iequals(std::string_view left, std::string_view right);

// Decimal digits with an optional sign; nullopt when anything else stands there or it does not fit.
std::optional<std::int64_t> to_integer(std::string_view text);

// "%41" → "A"; '+' is a blank only with `plus_is_blank`. A broken escape is an error.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
// RFC 3986 unreserved bytes stay.
std::string percent_encode(std::string_view text);

// true/on/yes/y/1, false/off/no/n/0, any case; anything else nullopt.
std::optional<bool> to_bool(std::string_view text);

// "512", "64KB", "16MB", "1GB": powers of 1024.
Result<std::int64_t> parse_size(std::string_view text);
// "5.9 MB", "812 kB": for people.
std::string format_bytes(std::int64_t bytes);

// Invalid sequences become U+FFFD; what is valid stays as it is.
std::string repair_utf8(std::string_view bytes);

// Cells padded to the widest of their column, two blanks between, no trailing blanks. UTF-8 code
// points count as one; escape sequences (ESC[…m) as none.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace elasticbot::text
