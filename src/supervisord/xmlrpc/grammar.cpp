#include "grammar.hpp"

#include <algorithm>
#include <array>

namespace elasticbot::xmlrpc {

namespace {

struct Named {
    std::string_view name;
    Element element;
};

// The first name of an element is the one that messages use.
constexpr auto names = std::to_array<Named>({
    {"value", Element::value},
    {"string", Element::string},
    {"member", Element::member},
    {"name", Element::name},
    {"int", Element::integer},
    {"i4", Element::integer},
    {"boolean", Element::boolean},
    {"struct", Element::structure},
    {"array", Element::array},
    {"data", Element::data},
    {"param", Element::param},
    {"params", Element::params},
    {"methodName", Element::method_name},
    {"methodCall", Element::method_call},
    {"methodResponse", Element::method_response},
    {"fault", Element::fault},
    {"double", Element::real},
    {"dateTime.iso8601", Element::date_time},
    {"base64", Element::binary},
    // Beyond the specification, as Python's reader takes them.
    {"nil", Element::nil},
    {"i8", Element::integer},
    {"i1", Element::integer},
    {"i2", Element::integer},
    {"biginteger", Element::integer},
    {"float", Element::real},
});

}  // namespace

std::optional<Element> element_named(std::string_view name) {
    name.remove_prefix(name.rfind(':') + 1);  // npos + 1 is 0.
    const auto* const found = std::ranges::find(names, name, &Named::name);
    return found == names.end() ? std::nullopt : std::optional(found->element);
}

std::string_view to_string(Element element) {
    return std::ranges::find(names, element, &Named::element)->name;
}

bool may_contain(Element parent, Element child) {
    switch (parent) {
        case Element::method_call:
            return child == Element::method_name || child == Element::params;
        case Element::method_response:
            return child == Element::params || child == Element::fault;
        case Element::params:
            return child == Element::param;
        case Element::param:
        case Element::fault:
        case Element::data:
            return child == Element::value;
        case Element::value:
            return child == Element::array || child == Element::structure ||
                   (is_leaf(child) && child != Element::method_name && child != Element::name);
        case Element::array:
            return child == Element::data;
        case Element::structure:
            return child == Element::member;
        case Element::member:
            return child == Element::name || child == Element::value;
        case Element::method_name:
        case Element::integer:
        case Element::boolean:
        case Element::string:
        case Element::real:
        case Element::date_time:
        case Element::binary:
        case Element::nil:
        case Element::name:
            return false;
    }
    return false;
}

bool may_repeat(Element child, Element parent) {
    return child == Element::param || child == Element::member ||
           (child == Element::value && parent == Element::data);
}

bool is_leaf(Element element) {
    switch (element) {
        case Element::method_name:
        case Element::integer:
        case Element::boolean:
        case Element::string:
        case Element::real:
        case Element::date_time:
        case Element::binary:
        case Element::nil:
        case Element::name:
            return true;
        case Element::method_call:
        case Element::method_response:
        case Element::params:
        case Element::param:
        case Element::fault:
        case Element::value:
        case Element::array:
        case Element::data:
        case Element::structure:
        case Element::member:
            return false;
    }
    return false;
}

}  // namespace elasticbot::xmlrpc
