#include "method_functions.hpp"
#include "method_values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::supervisord::methods {

namespace {

// One call of several; the value of its result goes to `body`.
Task call_one_of_many(const Methods& methods, const Value& given, std::string& body) {
    const Value* const name = given.find("methodName");
    const Value* const params = given.find("params");
    if (name == nullptr || name->text() == nullptr) {
        co_return Fault{FaultCode::incorrect_parameters, "No methodName"};
    }
    if (*name->text() == "system.multicall") {
        co_return Fault{FaultCode::incorrect_parameters, "Recursive system.multicall forbidden"};
    }
    if (params != nullptr && params->as<Array>() == nullptr) {
        co_return Fault{FaultCode::incorrect_parameters, {}};
    }
    static const Array none;
    co_return co_await call_method(
        methods, *name->text(), params == nullptr ? none : *params->as<Array>(), body
    );
}

}  // namespace

Task list_methods(const Methods& methods, const Array& /*given*/, Writer& out) {
    out.begin_array();
    for (const Method& method : all_methods()) {
        if (is_available(methods, method)) {
            out.string(method.name);
        }
    }
    out.end_array();
    co_return std::nullopt;
}

Task method_help(const Methods& methods, const Array& given, Writer& out) {
    const Method* const method = find_method(methods, text_at(given, 0));
    if (method == nullptr) {
        co_return Fault{FaultCode::signature_unsupported, {}};
    }
    std::string help = fmt::format("{}\n\n", method->help);
    for (const Parameter& parameter : method->parameters) {
        help += fmt::format("@param {} {}\n", shown_type(parameter.type), parameter.name);
    }
    help += fmt::format("@return {} result\n", method->result);
    out.string(help);
    co_return std::nullopt;
}

Task method_signature(const Methods& methods, const Array& given, Writer& out) {
    const Method* const method = find_method(methods, text_at(given, 0));
    if (method == nullptr) {
        co_return Fault{FaultCode::signature_unsupported, {}};
    }
    out.begin_array();
    out.string(method->result);
    for (const Parameter& parameter : method->parameters) {
        out.string(shown_type(parameter.type));
    }
    out.end_array();
    co_return std::nullopt;
}

Task multicall(const Methods& methods, const Array& given, Writer& out) {
    const Array& calls = *given[0].as<Array>();
    const auto is_call = [](const Value& each) { return each.as<xmlrpc::Struct>() != nullptr; };
    if (!std::ranges::all_of(calls, is_call)) {
        co_return Fault{FaultCode::incorrect_parameters, "a call is a struct"};
    }
    out.begin_array();
    for (const Value& each : calls) {
        std::string result;
        if (const auto fault = co_await call_one_of_many(methods, each, result)) {
            out.begin_struct();
            out.member("faultCode", static_cast<int>(fault->code));
            out.member("faultString", fault->text());
            out.end_struct();
        } else {
            out.written(result);
        }
    }
    out.end_array();
    co_return std::nullopt;
}

}  // namespace elasticbot::supervisord::methods
