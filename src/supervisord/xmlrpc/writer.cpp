#include <elasticbot/base/base64.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/xmlrpc/writer.hpp>
#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace elasticbot::xmlrpc {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";
constexpr std::string_view declaration = "<?xml version='1.0'?>\n";

// What a byte needs in a text.
enum class Care : std::uint8_t { none, reference, no_character, beyond_ascii };

constexpr auto care_of_bytes = [] {
    std::array<Care, 256> care{};
    for (std::size_t byte = 0; byte < care.size(); ++byte) {
        if (byte >= 0x80) {
            care.at(byte) = Care::beyond_ascii;
        } else if (byte < 0x20 && byte != '\t' && byte != '\n') {
            care.at(byte) = Care::no_character;
        }
    }
    for (const char character : "&<>\r"sv) {
        care.at(static_cast<unsigned char>(character)) = Care::reference;
    }
    return care;
}();

Care care_of(char byte) {
    return care_of_bytes[static_cast<unsigned char>(byte)];
}

std::string_view reference_to(char character) {
    switch (character) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        default:
            return "&#13;";
    }
}

// U+FFFE and U+FFFF are in UTF-8, but not in XML.
std::string valid_characters(std::string_view bytes) {
    std::string valid = text::repair_utf8(bytes);
    for (const std::string_view no_character : {"\xEF\xBF\xBE"sv, "\xEF\xBF\xBF"sv}) {
        if (valid.find(no_character) != std::string::npos) {
            valid = text::replace_all(valid, no_character, replacement_character);
        }
    }
    return valid;
}

void append_text(std::string& out, std::string_view text) {
    const auto end_of = [&](std::size_t from, Care care) {
        while (from < text.size() && care_of(text[from]) == care) {
            ++from;
        }
        return from;
    };
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t plain = end_of(at, Care::none);
        out.append(text, at, plain - at);
        at = plain;
        if (at == text.size()) {
            return;
        }
        if (const Care care = care_of(text[at]); care == Care::beyond_ascii) {
            const std::size_t end = end_of(at, Care::beyond_ascii);
            out += valid_characters(text.substr(at, end - at));
            at = end;
        } else {
            out += care == Care::reference ? reference_to(text[at]) : replacement_character;
            ++at;
        }
    }
}

// Clients refuse more than XML-RPC's 32 bits. (supervisord-compat.md 12)
std::int64_t capped(std::int64_t number) {
    using Int = std::numeric_limits<std::int32_t>;
    return std::clamp<std::int64_t>(number, Int::min(), Int::max());
}

void append_number(std::string& out, std::int64_t number) {
    const fmt::format_int digits(capped(number));
    out.append(digits.data(), digits.size());
}

struct Visitor {
    Writer& write;
    std::string& out;

    void operator()(const Nil& /*nil*/) const { out += "<value><nil/></value>\n"; }

    void operator()(std::int64_t number) const { write.integer(number); }

    void operator()(bool flag) const { write.boolean(flag); }

    void operator()(double number) const { write.real(number); }

    void operator()(const std::string& text) const { write.string(text); }

    void operator()(const DateTime& moment) const {
        out += "<value><dateTime.iso8601>";
        append_text(out, moment.text);
        out += "</dateTime.iso8601></value>\n";
    }

    void operator()(const Binary& binary) const { write.binary(binary.bytes); }

    void operator()(const Array& array) const {
        write.begin_array();
        for (const Value& value : array) {
            write.value(value);
        }
        write.end_array();
    }

    void operator()(const Struct& members) const {
        write.begin_struct();
        for (const Member& member : members) {
            write.begin_member(member.name);
            write.value(member.value);
            write.end_member();
        }
        write.end_struct();
    }
};

}  // namespace

void Writer::begin_response() {
    out_ += declaration;
    out_ += "<methodResponse>\n<params>\n<param>\n";
}

void Writer::end_response() {
    out_ += "</param>\n</params>\n</methodResponse>\n";
}

void Writer::begin_call(std::string_view method) {
    out_ += declaration;
    out_ += "<methodCall>\n<methodName>";
    append_text(out_, method);
    out_ += "</methodName>\n<params>\n";
}

void Writer::begin_param() {
    out_ += "<param>\n";
}

void Writer::end_param() {
    out_ += "</param>\n";
}

void Writer::end_call() {
    out_ += "</params>\n</methodCall>\n";
}

void Writer::integer(std::int64_t number) {
    out_ += "<value><int>";
    append_number(out_, number);
    out_ += "</int></value>\n";
}

void Writer::boolean(bool flag) {
    out_ +=
        flag ? "<value><boolean>1</boolean></value>\n" : "<value><boolean>0</boolean></value>\n";
}

void Writer::real(double number) {
    fmt::format_to(std::back_inserter(out_), "<value><double>{}</double></value>\n", number);
}

void Writer::string(std::string_view text) {
    out_ += "<value><string>";
    append_text(out_, text);
    out_ += "</string></value>\n";
}

void Writer::binary(std::string_view bytes) {
    out_ += "<value><base64>\n";
    out_ += base64::encode(bytes);
    out_ += "\n</base64></value>\n";
}

void Writer::value(const Value& value) {
    std::visit(Visitor{*this, out_}, value.data);
}

void Writer::written(std::string_view value) {
    out_ += value;
}

void Writer::begin_array() {
    out_ += "<value><array><data>\n";
}

void Writer::end_array() {
    out_ += "</data></array></value>\n";
}

void Writer::begin_struct() {
    out_ += "<value><struct>\n";
}

void Writer::end_struct() {
    out_ += "</struct></value>\n";
}

void Writer::begin_member(std::string_view name) {
    out_ += "<member>\n<name>";
    append_text(out_, name);
    out_ += "</name>\n";
}

void Writer::end_member() {
    out_ += "</member>\n";
}

void Writer::member_string(std::string_view name, std::string_view text) {
    begin_member(name);
    string(text);
    end_member();
}

void Writer::member_integer(std::string_view name, std::int64_t number) {
    begin_member(name);
    integer(number);
    end_member();
}

void Writer::member_boolean(std::string_view name, bool flag) {
    begin_member(name);
    boolean(flag);
    end_member();
}

std::string to_text(const Call& call) {
    std::string text;
    Writer write(text);
    write.begin_call(call.method);
    for (const Value& param : call.params) {
        write.begin_param();
        write.value(param);
        write.end_param();
    }
    write.end_call();
    return text;
}

std::string to_text(const Value& result) {
    std::string text;
    Writer write(text);
    write.begin_response();
    write.value(result);
    write.end_response();
    return text;
}

std::string to_text(const Fault& fault) {
    std::string text(declaration);
    text += "<methodResponse>\n<fault>\n";
    Writer write(text);
    write.begin_struct();
    write.member("faultCode", fault.code);
    write.member("faultString", fault.text);
    write.end_struct();
    text += "</fault>\n</methodResponse>\n";
    return text;
}

}  // namespace elasticbot::xmlrpc
