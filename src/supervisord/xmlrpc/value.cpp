#include <elasticbot/supervisord/xmlrpc/value.hpp>

#include <algorithm>
#include <array>

namespace elasticbot::xmlrpc {

Value::Value(double number) : data(number) {}

Value::Value(const char* text) : data(std::string(text)) {}

Value::Value(std::string_view text) : data(std::string(text)) {}

Value::Value(std::string text) : data(std::move(text)) {}

Value::Value(DateTime moment) : data(std::move(moment)) {}

Value::Value(Binary binary) : data(std::move(binary)) {}

Value::Value(Array array) : data(std::move(array)) {}

Value::Value(Struct members) : data(std::move(members)) {}

const std::string* Value::text() const {
    if (const auto* binary = as<Binary>()) {
        return &binary->bytes;
    }
    return as<std::string>();
}

const Value* Value::find(std::string_view name) const {
    const auto* members = as<Struct>();
    if (members == nullptr) {
        return nullptr;
    }
    const auto found = std::ranges::find(members->rbegin(), members->rend(), name, &Member::name);
    return found == members->rend() ? nullptr : &found->value;
}

std::string_view type_name(const Value& value) {
    // In the order of Value::Data.
    constexpr auto names = std::to_array<std::string_view>(
        {"nil",
         "int",
         "boolean",
         "double",
         "string",
         "dateTime.iso8601",
         "base64",
         "array",
         "struct"}
    );
    static_assert(names.size() == std::variant_size_v<Value::Data>);
    return names.at(value.data.index());
}

}  // namespace elasticbot::xmlrpc
