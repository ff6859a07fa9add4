// Parameters of methods, read as they are meant, and results that several methods share.
#pragma once

#include "commands.hpp"

#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord::methods {

// Of the parameter at `index`, whose type has been looked at already.
const std::string& text_at(const xmlrpc::Array& given, std::size_t index);
std::int64_t integer_at(const xmlrpc::Array& given, std::size_t index);
// Optional ones are true.
bool flag_at(const xmlrpc::Array& given, std::size_t index);
// A signal by name or by number.
std::string signal_at(const xmlrpc::Array& given, std::size_t index);

// Whether a value can be taken for a parameter of that type.
bool has_type(const xmlrpc::Value& value, std::string_view type);
// As signatures show it.
std::string_view shown_type(std::string_view type);

std::optional<Fault> write_true(const Answer<>& answer, xmlrpc::Writer& out);
void write_statuses(const std::vector<Status>& statuses, xmlrpc::Writer& out);
void write_names(const std::vector<std::string>& names, xmlrpc::Writer& out);
// A part of the log at `path`; offset and length are the parameters from `first` on.
std::optional<Fault> write_part(
    const std::string& path, const xmlrpc::Array& given, std::size_t first, xmlrpc::Writer& out
);
Fault bad_name(std::string_view name);

}  // namespace elasticbot::supervisord::methods
