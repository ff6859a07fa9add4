// The parsers of base: what they accept they can write again.
#include "fuzz.hpp"

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/base/time.hpp>

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace elasticbot;
    const std::string_view input = fuzz::as_text(data, size);

    const std::string repaired = text::repair_utf8(input);
    ELASTICBOT_ASSERT(text::repair_utf8(repaired) == repaired);
    ELASTICBOT_ASSERT(text::percent_decode(text::percent_encode(input)).value() == input);
    ELASTICBOT_ASSERT(text::split(input, ',').size() >= text::split_list(input).size());

    if (const auto time = parse_rfc3339(input)) {
        const std::string written = to_rfc3339(*time);
        // Offsets may lead out of the years of four digits.
        if (written.size() == 24) {
            ELASTICBOT_ASSERT(parse_rfc3339(written).value() == *time);
        }
    }
    if (const auto duration = parse_duration(input)) {
        const auto again = parse_duration(to_string(*duration));
        ELASTICBOT_ASSERT(again && *again <= *duration && *duration - *again < 1ms);
    }
    if (const auto value = json::parse(input)) {
        const auto again = json::parse(json::dump(*value));
        ELASTICBOT_ASSERT(again && *again == *value);
    }
    static_cast<void>(text::parse_size(input));
    static_cast<void>(text::to_integer(input));
    static_cast<void>(redact_url(input));
    return 0;
}
