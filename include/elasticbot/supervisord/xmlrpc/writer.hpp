// Writes XML-RPC straight into a text: no value is built for what is only sent.
#pragma once

#include <elasticbot/supervisord/xmlrpc/value.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace elasticbot::xmlrpc {

// Appends values to `out`, in the shape that Python's xmlrpc.client and supervisord give them. The
// caller nests: each begin_… has its end_…, in a member stands one value. What is written can be
// read by any XML parser, whatever the strings hold.
//
//     Writer write(body);
//     write.begin_response();
//     write.begin_array();
//     for (const Process& process : processes) {
//         write.begin_struct();
//         write.member("name", process.name);
//         write.member("pid", process.pid);
//         write.end_struct();
//     }
//     write.end_array();
//     write.end_response();
class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    // The document around one result. What is not a fault has exactly one value.
    void begin_response();
    void end_response();

    // The document around the parameters of a call; each stands between begin_param and end_param.
    void begin_call(std::string_view method);
    void begin_param();
    void end_param();
    void end_call();

    // Numbers beyond 32 bits become the nearest that XML-RPC has: clients refuse longer ones.
    void integer(std::int64_t number);
    void boolean(bool flag);
    void real(double number);
    // Bytes that are not UTF-8, and characters that XML 1.0 does not have, become U+FFFD. A
    // carriage return is written as a reference, since parsers make line feeds of bare ones.
    void string(std::string_view text);
    void binary(std::string_view bytes);
    void value(const Value& value);
    // A value that another writer has written.
    void written(std::string_view value);

    void begin_array();
    void end_array();
    void begin_struct();
    void end_struct();
    void begin_member(std::string_view name);
    void end_member();

    void member(std::string_view name, std::string_view text) { member_string(name, text); }

    void member(std::string_view name, const char* text) { member_string(name, text); }

    template <std::integral T>
    void member(std::string_view name, T number) {
        if constexpr (std::same_as<T, bool>) {
            member_boolean(name, number);
        } else {
            member_integer(name, static_cast<std::int64_t>(number));
        }
    }

private:
    void member_string(std::string_view name, std::string_view text);
    void member_integer(std::string_view name, std::int64_t number);
    void member_boolean(std::string_view name, bool flag);

    std::string& out_;
};

}  // namespace elasticbot::xmlrpc
