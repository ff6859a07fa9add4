// Reads XML-RPC: expat splits the document into elements and texts, this puts values together.
#include "grammar.hpp"

#include <elasticbot/base/base64.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>

#include <expat.h>

namespace elasticbot::xmlrpc {

namespace {

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_utf8(std::string_view text) {
    const auto is_beyond = [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; };
    return text.find('\0') == std::string_view::npos &&
           (std::ranges::none_of(text, is_beyond) || text::repair_utf8(text) == text);
}

// Foreign text for a message: short, and one line.
std::string shown(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string line = text::repair_utf8(text.substr(0, longest));
    std::ranges::replace(line, '\n', ' ');
    return fmt::format("\"{}{}\"", line, text.size() > longest ? "…" : "");
}

// As Python's float(): also with a plus sign, blanks, and "inf".
std::optional<double> to_real(std::string_view text) {
    std::string_view digits = text::trim(text);
    if (digits.starts_with('+')) {
        digits.remove_prefix(1);
    }
    double number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

class Reader {
public:
    Reader(Element root, const Limits& limits) : root_(root), limits_(limits) {}

    // An error leaves it unusable.
    Result<> read(std::string_view document);

    Call take_call() { return {.method = std::move(method_), .params = std::move(params_)}; }

    Result<Response> take_response();

private:
    // An element whose end has not come yet.
    struct Open {
        Element element;
        std::uint32_t seen = 0;  // A bit for each kind of element in it.
        Value value;             // What is known of it.
        std::string name;        // Of a member.

        bool has(Element child) const { return (seen >> static_cast<unsigned>(child) & 1U) != 0; }
    };

    void begin(std::string_view name);
    void end();
    void text(std::string_view text);

    void enter(Element element);
    Result<Value> leaf_value(Element element) const;
    void close_leaf(Open leaf);
    void close_value(Value value);
    void close_fault(const Value& value);

    void fail(std::string_view reason);

    Element root_;
    Limits limits_;
    XML_Parser parser_ = nullptr;
    std::string error_;

    std::vector<Open> open_;
    std::string text_;  // Since the last tag, where text counts.
    std::size_t values_ = 0;
    std::size_t depth_ = 0;

    std::string method_;
    Array params_;
    std::optional<Fault> fault_;
};

Result<> Reader::read(std::string_view document) {
    const std::string what = fmt::format("cannot read the XML-RPC {}", to_string(root_));
    constexpr std::size_t expat_limit = std::numeric_limits<int>::max();
    if (const std::size_t limit = std::min(limits_.bytes, expat_limit); document.size() > limit) {
        return Error{Errc::invalid, fmt::format("{}: it has more than {} bytes", what, limit)};
    }

    const Parser parser(XML_ParserCreate(is_utf8(document) ? "UTF-8" : nullptr));
    if (parser == nullptr) {
        return Error{Errc::exhausted, fmt::format("{}: out of memory", what)};
    }
    parser_ = parser.get();
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(
        parser_,
        [](void* reader, const XML_Char* name, const XML_Char** /*attributes*/) {
            static_cast<Reader*>(reader)->begin(name);
        },
        [](void* reader, const XML_Char* /*name*/) { static_cast<Reader*>(reader)->end(); }
    );
    XML_SetCharacterDataHandler(parser_, [](void* reader, const XML_Char* bytes, int size) {
        static_cast<Reader*>(reader)->text({bytes, static_cast<std::size_t>(size)});
    });
    // Without a document type there are no entities to be expanded, from wherever they come.
    XML_SetStartDoctypeDeclHandler(
        parser_,
        [](void* reader, const XML_Char*, const XML_Char*, const XML_Char*, int) {
            static_cast<Reader*>(reader)->fail("a document type is not allowed");
        }
    );

    const auto size = static_cast<int>(document.size());
    if (XML_Parse(parser_, document.data(), size, 1) != XML_STATUS_OK) {
        const auto reason =
            error_.empty() ? std::string(XML_ErrorString(XML_GetErrorCode(parser_))) : error_;
        return Error{
            Errc::invalid,
            fmt::format(
                "{}: {} (line {}, column {})",
                what,
                reason,
                XML_GetCurrentLineNumber(parser_),
                XML_GetCurrentColumnNumber(parser_) + 1
            )
        };
    }
    return {};
}

Result<Response> Reader::take_response() {
    if (fault_) {
        return Response(*std::move(fault_));
    }
    if (params_.size() != 1) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot read the XML-RPC methodResponse: {} results in place of one", params_.size()
            )
        };
    }
    return Response(std::move(params_.front()));
}

void Reader::fail(std::string_view reason) {
    if (error_.empty()) {
        error_ = reason;
        XML_StopParser(parser_, XML_FALSE);
    }
}

void Reader::begin(std::string_view name) {
    if (!error_.empty()) {
        return;
    }
    const std::optional<Element> element = element_named(name);
    if (!element) {
        return fail(fmt::format("an unknown element {}", shown(name)));
    }
    if (open_.empty() ? *element != root_ : !may_contain(open_.back().element, *element)) {
        return fail(
            open_.empty()
                ? fmt::format("the element {} in its place", shown(name))
                : fmt::format("{} within <{}>", shown(name), to_string(open_.back().element))
        );
    }
    enter(*element);
}

void Reader::enter(Element element) {
    if (!open_.empty()) {
        Open& parent = open_.back();
        const bool is_second =
            parent.element == Element::value ? parent.seen != 0 : parent.has(element);
        if (is_second && !may_repeat(element, parent.element)) {
            return fail(fmt::format("a second element in <{}>", to_string(parent.element)));
        }
        if (parent.element == Element::value && !is_blank(text_)) {
            return fail("a value with a text and a type");
        }
        if (parent.element == Element::member && element == Element::value &&
            !parent.has(Element::name)) {
            return fail("a member whose value stands before its name");
        }
        parent.seen |= 1U << static_cast<unsigned>(element);
    }
    text_.clear();
    Open opened{.element = element, .seen = 0, .value = {}, .name = {}};
    if (element == Element::value && ++values_ > limits_.values) {
        return fail(fmt::format("more than {} values", limits_.values));
    }
    if (element == Element::array || element == Element::structure) {
        if (++depth_ > limits_.depth) {
            return fail(fmt::format("values nested more than {} deep", limits_.depth));
        }
        opened.value = element == Element::array ? Value(Array()) : Value(Struct());
    } else if (element == Element::data) {
        opened.value = Array();
    }
    open_.push_back(std::move(opened));
}

void Reader::text(std::string_view text) {
    if (!error_.empty() || open_.empty()) {
        return;
    }
    const Open& top = open_.back();
    if (is_leaf(top.element) || (top.element == Element::value && top.seen == 0)) {
        text_ += text;
    } else if (!is_blank(text)) {
        fail(fmt::format("text {} within <{}>", shown(text), to_string(top.element)));
    }
}

void Reader::end() {
    if (!error_.empty()) {
        return;
    }
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (is_leaf(closed.element)) {
        return close_leaf(std::move(closed));
    }
    const bool wants_value = closed.element == Element::param ||
                             closed.element == Element::member || closed.element == Element::fault;
    if (wants_value && !closed.has(Element::value)) {
        return fail(fmt::format("<{}> without a value", to_string(closed.element)));
    }
    switch (closed.element) {
        case Element::value:
            return close_value(
                closed.seen == 0 ? Value(std::move(text_)) : std::move(closed.value)
            );
        case Element::data:
            open_.back().value = std::move(closed.value);
            return;
        case Element::array:
        case Element::structure:
            --depth_;
            open_.back().value = std::move(closed.value);
            return;
        case Element::member:
            std::get<Struct>(open_.back().value.data)
                .push_back({.name = std::move(closed.name), .value = std::move(closed.value)});
            return;
        case Element::param:
            params_.push_back(std::move(closed.value));
            return;
        case Element::fault:
            return close_fault(closed.value);
        case Element::method_call:
            if (method_.empty()) {
                fail("no method name");
            }
            return;
        default:  // params, methodResponse: nothing is left to do; leaves are done above.
            return;
    }
}

// What the text of the element that ends says.
Result<Value> Reader::leaf_value(Element element) const {
    const Error no_value{
        Errc::invalid, fmt::format("{} is no <{}>", shown(text_), to_string(element))
    };
    switch (element) {
        case Element::integer:
            if (const auto number = text::to_integer(text::trim(text_))) {
                return Value(*number);
            }
            return no_value;
        case Element::boolean:
            if (text_ == "0" || text_ == "1") {
                return Value(text_ == "1");
            }
            return no_value;
        case Element::real:
            if (const auto number = to_real(text_)) {
                return Value(*number);
            }
            return no_value;
        case Element::date_time:
            return Value(DateTime{std::string(text::trim(text_))});
        case Element::binary:
            if (auto bytes = base64::decode(text_)) {
                return Value(Binary{*std::move(bytes)});
            }
            return no_value;
        case Element::nil:
            return Value();
        default:
            return Value(text_);
    }
}

void Reader::close_leaf(Open leaf) {
    if (leaf.element == Element::method_name) {
        method_ = std::move(text_);
        return;
    }
    if (leaf.element == Element::name) {
        open_.back().name = std::move(text_);
        text_.clear();
        return;
    }
    auto value = leaf_value(leaf.element);
    if (!value) {
        return fail(value.error().message);
    }
    text_.clear();
    open_.back().value = *std::move(value);
}

// The element above is one that holds values.
void Reader::close_value(Value value) {
    text_.clear();
    Open& parent = open_.back();
    if (parent.element == Element::data) {
        std::get<Array>(parent.value.data).push_back(std::move(value));
    } else {
        parent.value = std::move(value);
    }
}

void Reader::close_fault(const Value& value) {
    const Value* code = value.find("faultCode");
    const Value* text = value.find("faultString");
    if (code == nullptr || code->as<std::int64_t>() == nullptr || text == nullptr ||
        text->text() == nullptr) {
        return fail("a fault without its code or text");
    }
    fault_ = Fault{.code = *code->as<std::int64_t>(), .text = *text->text()};
}

}  // namespace

Result<Call> parse_call(std::string_view document, const Limits& limits) {
    Reader reader(Element::method_call, limits);
    if (auto read = reader.read(document); !read) {
        return read.error();
    }
    return reader.take_call();
}

Result<Response> parse_response(std::string_view document, const Limits& limits) {
    Reader reader(Element::method_response, limits);
    if (auto read = reader.read(document); !read) {
        return read.error();
    }
    return reader.take_response();
}

}  // namespace elasticbot::xmlrpc
