// An XML-RPC document: a call, a result or a fault, or refused with words; written, it says the
// same.
#include "fuzz.hpp"

#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

namespace {

using namespace elasticbot;
using namespace elasticbot::xmlrpc;

// What is written is longer than what was read: a reference in place of a character.
constexpr Limits limits{.bytes = 100'000, .values = 1000, .depth = 16};
constexpr Limits wide_limits{.bytes = 100'000'000, .values = 1000, .depth = 16};

std::string to_text(const Response& response) {
    return std::visit([](const auto& answer) { return xmlrpc::to_text(answer); }, response);
}

// Writing loses what XML-RPC cannot say (long numbers, control characters); a second time nothing.
void check(const Call& call) {
    ELASTICBOT_ASSERT(!call.method.empty());
    const std::string text = xmlrpc::to_text(call);
    const auto again = parse_call(text, wide_limits);
    ELASTICBOT_ASSERT(again.has_value());
    ELASTICBOT_ASSERT(xmlrpc::to_text(*again) == text);
}

void check(const Response& response) {
    const std::string text = to_text(response);
    const auto again = parse_response(text, wide_limits);
    ELASTICBOT_ASSERT(again.has_value());
    ELASTICBOT_ASSERT(to_text(*again) == text);
}

template <class T>
void check(const Result<T>& read) {
    if (read) {
        check(*read);
    } else {
        ELASTICBOT_ASSERT(read.error().message.starts_with("cannot read the XML-RPC "));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::as_text(data, size);
    check(parse_call(text, limits));
    check(parse_response(text, limits));
    return 0;
}
