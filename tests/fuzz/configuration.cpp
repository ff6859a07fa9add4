// A configuration file and an .env file: accepted whole, or refused with findings that name a
// place.
#include "fuzz.hpp"

#include <elasticbot/config/load.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace elasticbot;
    const std::string text(fuzz::as_text(data, size));

    config::Sources sources;
    sources.toml = config::File{"elasticbot.toml", text};
    sources.for_up = true;
    const auto from_toml = config::load(sources);
    for (const auto& finding : from_toml.findings.findings()) {
        ELASTICBOT_ASSERT(!finding.message.empty());
    }
    ELASTICBOT_ASSERT(
        from_toml.findings.has_errors() || !from_toml.config.programs.empty() ||
        !from_toml.config.supervision.builtin
    );

    sources.toml.reset();
    sources.env_file = config::File{".env", text};
    const auto from_env = config::load(sources);
    static_cast<void>(to_string(from_env.findings));
    return 0;
}
