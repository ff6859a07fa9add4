// The methods of the XML-RPC interface: one static table, found by name, nothing else can be
// called. (supervisord-compat.md 12, hardening F6)
#pragma once

#include "commands.hpp"

#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// What the methods reach beside the commands. Called on the supervisor's thread.
struct MethodsBackend {
    Commands* commands = nullptr;
    std::string identifier;
    std::string version;   // Of the reference whose interface this is.
    std::string main_log;  // Path of the activity log; "": none.
    bool has_supervisor_namespace = true;
    std::function<Result<>()> clear_main_log;
    std::function<void()> shutdown;
    std::function<void()> restart;
    std::function<void(std::string_view type, std::string_view data)> remote_event;
};

class Methods {
public:
    explicit Methods(MethodsBackend backend) : backend_(std::move(backend)) {}

    // The whole answer to a call, a fault included.
    boost::asio::awaitable<std::string> answer(xmlrpc::Call call) const;

    // For the methods themselves.
    const MethodsBackend& backend() const { return backend_; }

private:
    MethodsBackend backend_;
};

// One parameter of a method, for its signature and its help.
struct Parameter {
    std::string_view type;
    std::string_view name;
    bool is_optional = false;
};

struct Method {
    using Task = boost::asio::awaitable<std::optional<Fault>>;

    std::string_view name;  // "supervisor.startProcess"
    std::string_view result;
    std::span<const Parameter> parameters;
    // Writes exactly one value, or gives a fault and what it has written is taken back. As many
    // parameters have been given as it has, optional ones apart, of the right types.
    Task (*call)(const Methods& methods, const xmlrpc::Array& given, xmlrpc::Writer& out) = nullptr;
    std::string_view help;
};

// By name.
std::span<const Method> all_methods();

// Its namespace is switched on.
bool is_available(const Methods& methods, const Method& method);
// nullptr when there is no such method that is available.
const Method* find_method(const Methods& methods, std::string_view name);

// Appends one value to `body` or, with a fault, nothing. What is referred to outlives the call.
Method::Task call_method(
    const Methods& methods, const std::string& name, const xmlrpc::Array& params, std::string& body
);

}  // namespace elasticbot::supervisord
