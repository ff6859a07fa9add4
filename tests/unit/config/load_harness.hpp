// Short ways to load a configuration in tests and to look at its findings.
#pragma once

#include <elasticbot/config/load.hpp>

#include <gmock/gmock.h>

#include <string>

namespace elasticbot::config {

inline Sources with_toml(std::string text) {
    Sources sources;
    sources.toml = File{"elasticbot.toml", std::move(text)};
    return sources;
}

inline Sources with_environment(Variables environment) {
    Sources sources;
    sources.environment = std::move(environment);
    return sources;
}

// Findings that are errors, one line each.
inline std::string errors_of(const Sources& sources) {
    Diagnostics errors;
    for (const Diagnostic& finding : load(sources).findings.findings()) {
        if (finding.severity == Severity::error) {
            errors.error(finding.location, finding.message);
        }
    }
    return to_string(errors);
}

inline Config accepted(const Sources& sources) {
    Loaded loaded = load(sources);
    EXPECT_FALSE(loaded.findings.has_errors()) << to_string(loaded.findings);
    return loaded.config;
}

inline const Setting& setting(const Loaded& loaded, std::string_view key) {
    for (const Setting& one : loaded.settings) {
        if (one.key->name == key) {
            return one;
        }
    }
    ADD_FAILURE() << "no setting " << key;
    return loaded.settings.front();
}

}  // namespace elasticbot::config
