// A value of XML-RPC: what parameters and results are made of.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace elasticbot::xmlrpc {

struct Value;
struct Member;

// Python's None; not in the specification, but read by many.
struct Nil {
    bool operator==(const Nil&) const = default;
};

// As written: "20261122T15:44:59". No time zone is part of it.
struct DateTime {
    std::string text;

    bool operator==(const DateTime&) const = default;
};

// Bytes; base64 in the document.
struct Binary {
    std::string bytes;

    bool operator==(const Binary&) const = default;
};

using Array = std::vector<Value>;
// In the order of the document. A name that is repeated stays twice; find() gives the last.
using Struct = std::vector<Member>;

// Made from what it holds: Value(3), Value("text"), Value(true), Value(Array{1, "a"}).
struct Value {
    using Data =
        std::variant<Nil, std::int64_t, bool, double, std::string, DateTime, Binary, Array, Struct>;

    Data data;

    // NOLINTBEGIN(google-explicit-constructor): so that arrays and members read as they are meant.
    Value() = default;

    template <std::same_as<bool> T>
    Value(T flag);
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Value(T number);
    Value(double number);
    Value(const char* text);
    Value(std::string_view text);
    Value(std::string text);
    Value(DateTime moment);
    Value(Binary binary);
    Value(Array array);
    Value(Struct members);

    // NOLINTEND(google-explicit-constructor)

    // What it holds, or nullptr: as<std::int64_t>(), as<bool>(), as<Array>() …
    template <class T>
    const T* as() const {
        return std::get_if<T>(&data);
    }

    // A string, or the bytes of a base64: clients send either where a text is asked for.
    const std::string* text() const;

    // The member of a struct; nullptr when this is none, or it has no such member.
    const Value* find(std::string_view name) const;

    bool operator==(const Value&) const = default;
};

struct Member {
    std::string name;
    Value value;

    bool operator==(const Member&) const = default;
};

// Here, where Member is complete.
template <std::same_as<bool> T>
Value::Value(T flag) : data(flag) {}

template <std::integral T>
    requires(!std::same_as<T, bool>)
Value::Value(T number) : data(static_cast<std::int64_t>(number)) {}

// "int", "string", "struct": as elements are called.
std::string_view type_name(const Value& value);

}  // namespace elasticbot::xmlrpc
