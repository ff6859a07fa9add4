// Every key of the configuration, one row each: parsing, messages, `config show` and the reference
// come from it.
#pragma once

#include <elasticbot/config/config.hpp>
#include <elasticbot/config/value.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace elasticbot::config {

struct Key {
    std::string_view name;                    // In elasticbot.toml: "web.port" is `port` in [web].
    std::vector<std::string_view> variables;  // The first that is set counts.
    Type type = Type::text;
    std::string_view fallback;  // Default, as it would be written; "": none.
    std::string_view help;      // One line for the reference and the example file.
    Range range{};
    bool secret = false;
    void (*store)(Config& config, const Value& value) = nullptr;
};

// In the order of the reference.
std::span<const Key> schema();

// nullptr when there is none.
const Key* find_key(std::string_view name);
const Key* find_variable(std::string_view variable);

// "web.port" → "web"; "debug" → "".
std::string_view section_of(std::string_view key);

// Variables of older deployments that are accepted and have no effect.
std::span<const std::string_view> variables_without_effect();

// One key of a [program.NAME] section.
struct ProgramKey {
    std::string_view name;
    Type type = Type::text;
    std::string_view fallback;
    std::string_view help;
    Range range{};
    // The reason why the value cannot be taken, or "".
    std::string (*store)(supervisor::Program& program, const Value& value) = nullptr;
};

std::span<const ProgramKey> program_schema();

}  // namespace elasticbot::config
