#include "method_values.hpp"

#include <elasticbot/supervisor/driver/log_text.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace elasticbot::supervisord::methods {

using xmlrpc::Array;
using xmlrpc::Value;
using xmlrpc::Writer;

const std::string& text_at(const Array& given, std::size_t index) {
    return *given[index].text();
}

std::int64_t integer_at(const Array& given, std::size_t index) {
    return *given[index].as<std::int64_t>();
}

bool flag_at(const Array& given, std::size_t index) {
    if (index >= given.size()) {
        return true;
    }
    if (const auto* number = given[index].as<std::int64_t>()) {
        return *number != 0;
    }
    return *given[index].as<bool>();
}

std::string signal_at(const Array& given, std::size_t index) {
    const auto* const number = given[index].as<std::int64_t>();
    return number == nullptr ? text_at(given, index) : fmt::to_string(*number);
}

bool has_type(const Value& value, std::string_view type) {
    if (type == "string") {
        return value.text() != nullptr;
    }
    if (type == "int") {
        return value.as<std::int64_t>() != nullptr;
    }
    if (type == "boolean") {
        return value.as<bool>() != nullptr || value.as<std::int64_t>() != nullptr;
    }
    if (type == "signal") {
        return value.text() != nullptr || value.as<std::int64_t>() != nullptr;
    }
    return type == "array" && value.as<Array>() != nullptr;
}

std::string_view shown_type(std::string_view type) {
    return type == "signal" ? "string" : type;
}

std::optional<Fault> write_true(const Answer<>& answer, Writer& out) {
    if (!answer) {
        return answer.error();
    }
    out.boolean(true);
    return std::nullopt;
}

void write_statuses(const std::vector<Status>& statuses, Writer& out) {
    out.begin_array();
    for (const Status& status : statuses) {
        out.begin_struct();
        out.member("name", status.name);
        out.member("group", status.group);
        out.member("status", static_cast<int>(status.code));
        out.member("description", status.description);
        out.end_struct();
    }
    out.end_array();
}

void write_names(const std::vector<std::string>& names, Writer& out) {
    out.begin_array();
    for (const std::string& name : names) {
        out.string(name);
    }
    out.end_array();
}

Fault bad_name(std::string_view name) {
    return {FaultCode::bad_name, std::string(name)};
}

std::optional<Fault> write_part(
    const std::string& path, const Array& given, std::size_t first, Writer& out
) {
    if (path.empty()) {
        return Fault{FaultCode::no_file, {}};
    }
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return Fault{FaultCode::no_file, path};
    }
    const auto part =
        supervise::read_log(path, integer_at(given, first), integer_at(given, first + 1));
    if (!part) {
        return Fault{
            part.error().code == Errc::invalid     ? FaultCode::bad_arguments
            : part.error().code == Errc::not_found ? FaultCode::no_file
                                                   : FaultCode::failed,
            {}
        };
    }
    out.string(*part);
    return std::nullopt;
}

}  // namespace elasticbot::supervisord::methods
