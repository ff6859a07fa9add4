// Finding a method, and calling it with what a client has sent.
#include "methods.hpp"

#include "method_values.hpp"

#include <algorithm>
#include <cstdint>

namespace elasticbot::supervisord {

namespace {

// The parameters fit the method.
bool accepts(const Method& method, const xmlrpc::Array& given) {
    const auto needed = std::ranges::count(method.parameters, false, &Parameter::is_optional);
    if (given.size() > method.parameters.size() ||
        given.size() < static_cast<std::size_t>(needed)) {
        return false;
    }
    for (std::size_t index = 0; index < given.size(); ++index) {
        if (!methods::has_type(given[index], method.parameters[index].type)) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool is_available(const Methods& methods, const Method& method) {
    return methods.backend().has_supervisor_namespace || method.name.starts_with("system.");
}

const Method* find_method(const Methods& methods, std::string_view name) {
    const auto all = all_methods();
    const auto found = std::ranges::lower_bound(all, name, {}, &Method::name);
    const bool exists = found != all.end() && found->name == name;
    return exists && is_available(methods, *found) ? &*found : nullptr;
}

Method::Task call_method(
    const Methods& methods, const std::string& name, const xmlrpc::Array& params, std::string& body
) {
    const Method* const method = find_method(methods, name);
    if (method == nullptr) {
        co_return Fault{FaultCode::unknown_method, {}};
    }
    if (!accepts(*method, params)) {
        co_return Fault{FaultCode::incorrect_parameters, {}};
    }
    const bool is_ending = methods.backend().commands->mood() < Mood::running;
    if (is_ending && name.starts_with("supervisor.")) {
        co_return Fault{FaultCode::shutdown_state, {}};
    }
    const std::size_t begin = body.size();
    xmlrpc::Writer out(body);
    auto fault = co_await method->call(methods, params, out);
    if (fault) {
        body.resize(begin);
    }
    co_return fault;
}

boost::asio::awaitable<std::string> Methods::answer(xmlrpc::Call given) const {
    std::string body;
    xmlrpc::Writer out(body);
    out.begin_response();
    if (const auto fault = co_await call_method(*this, given.method, given.params, body)) {
        co_return xmlrpc::to_text(
            xmlrpc::Fault{static_cast<std::int64_t>(fault->code), fault->text()}
        );
    }
    out.end_response();
    co_return body;
}

}  // namespace elasticbot::supervisord
