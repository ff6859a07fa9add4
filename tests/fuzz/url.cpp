// URLs of services: whatever the configuration accepts, the adapter that connects can read.
#include "fuzz.hpp"

#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/adapters/redis/url.hpp>
#include <elasticbot/config/load.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace elasticbot;
    const std::string url(fuzz::as_text(data, size));

    for (const char* name : {"REDIS_URL", "DATABASE_URL"}) {
        config::Sources sources;
        sources.environment[name] = url;
        const auto loaded = config::load(sources);
        if (loaded.findings.has_errors()) {
            continue;
        }
        const auto& redis_url = loaded.config.redis.url;
        ELASTICBOT_ASSERT(redis_url.empty() || redis::parse_url(redis_url).has_value());
        const auto& database_url = loaded.config.database.url;
        ELASTICBOT_ASSERT(database_url.empty() || db::parse_target(database_url).has_value());
    }
    if (const auto targets = redis::parse_url(Secret(url))) {
        for (const auto& target : *targets) {
            static_cast<void>(redis::to_string(target));
        }
    }
    static_cast<void>(db::parse_target(Secret(url)));
    return 0;
}
