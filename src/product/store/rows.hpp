// Small pieces that all files of this module read rows and write parameters with.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace elasticbot::store {

// A nullable parameter of exec_params: nullptr is SQL NULL.
inline const char* nullable(const std::optional<std::string>& value) {
    return value ? value->c_str() : nullptr;
}

// JSON null becomes SQL NULL.
inline std::optional<std::string> json_parameter(const Json& value) {
    if (value.is_null()) {
        return std::nullopt;
    }
    return json::dump(value);
}

inline std::optional<std::string> text_or_null(const pqxx::field& field) {
    if (field.is_null()) {
        return std::nullopt;
    }
    return std::string(field.c_str());
}

inline Json json_or_null(const pqxx::field& field) {
    if (field.is_null()) {
        return nullptr;
    }
    return json::parse(field.c_str()).value_or(Json());
}

// Of an expression made by the macro below.
inline Timestamp timestamp(const pqxx::field& field) {
    return Timestamp(std::chrono::microseconds(field.as<std::int64_t>()));
}

// How a timestamptz column is selected: microseconds since 1970, whatever the session's zone and
// date style are.
#define ELASTICBOT_MICROSECONDS(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

}  // namespace elasticbot::store
