// XML-RPC: calls, results and faults, from text and to text. (supervisord-compat.md 11, 12)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisord/xmlrpc/value.hpp>
#include <elasticbot/supervisord/xmlrpc/writer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace elasticbot::xmlrpc {

// What a document may ask of the reader's memory and time.
struct Limits {
    std::size_t bytes = std::size_t{16} * 1024 * 1024;
    std::size_t values = 100'000;
    std::size_t depth = 32;  // Arrays and structs within each other.
};

// Results can be long: a whole log, the state of thousands of programs.
inline constexpr Limits response_limits{
    .bytes = std::size_t{512} * 1024 * 1024, .values = 2'000'000, .depth = 32
};

struct Call {
    std::string method;  // "supervisor.getState"; never empty.
    Array params;

    bool operator==(const Call&) const = default;
};

struct Fault {
    std::int64_t code = 0;
    std::string text;

    bool operator==(const Fault&) const = default;
};

using Response = std::variant<Value, Fault>;

// Elements as Python's readers take them: a missing <params> is none, a <value> without a type is a
// string, i8 (any whole number of 64 bits, under each name of int) and nil are known. A document
// that is valid UTF-8 is read as such, whatever it declares, as supervisord does; else as declared.
// A document type is refused, and with it every entity. `invalid` says what is wrong and where.
Result<Call> parse_call(std::string_view document, const Limits& limits = {});
Result<Response> parse_response(std::string_view document, const Limits& limits = response_limits);

std::string to_text(const Call& call);
std::string to_text(const Value& result);
std::string to_text(const Fault& fault);

}  // namespace elasticbot::xmlrpc
