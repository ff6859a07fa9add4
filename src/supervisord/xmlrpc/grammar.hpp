// The elements of XML-RPC, and which may stand in which.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace elasticbot::xmlrpc {

enum class Element : std::uint8_t {
    method_call,
    method_response,
    method_name,
    params,
    param,
    fault,
    value,
    integer,
    boolean,
    string,
    real,
    date_time,
    binary,
    nil,
    array,
    data,
    structure,
    member,
    name,
};

// "i4", "ex:i8" → integer: prefixes are those of extensions that Python's reader knows too.
std::optional<Element> element_named(std::string_view name);

// "param"
std::string_view to_string(Element element);

bool may_contain(Element parent, Element child);

// Whether the parent may hold several of them.
bool may_repeat(Element child, Element parent);

// Whether it holds text and no element. (A value may hold either.)
bool is_leaf(Element element);

}  // namespace elasticbot::xmlrpc
