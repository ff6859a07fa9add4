// Lines that foreign programs write: whatever they are, records of them are short, one line, and
// JSON.
#include "fuzz.hpp"

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace elasticbot;
    const std::string_view line = fuzz::as_text(data, size);

    const log::Record record = log::parse_line(line, "program", WallTime{});

    const std::string text = log::format_json(record);
    ELASTICBOT_ASSERT(text.size() <= 15'000);
    ELASTICBOT_ASSERT(!text.contains('\n'));
    ELASTICBOT_ASSERT(json::parse(text));
    ELASTICBOT_ASSERT(!log::format_logfmt(record).contains('\n'));
    ELASTICBOT_ASSERT(!log::format_human(record, {}).contains('\x1b'));
    return 0;
}
