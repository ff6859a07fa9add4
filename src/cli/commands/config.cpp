// config show, check, convert, reference: what holds, where it comes from, what is wrong with it.
#include "../command.hpp"
#include "../configuration.hpp"
#include "../supervisord_file.hpp"

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/schedule/zone.hpp>
#include <elasticbot/config/reference.hpp>
#include <elasticbot/config/supervisord.hpp>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace elasticbot::cli {

namespace {

int report(const Diagnostics& findings) {
    std::string text = to_string(findings);
    if (!text.empty() && !text.ends_with('\n')) {
        text += '\n';
    }
    std::cerr << text;
    return findings.has_errors() ? exit_code::configuration : exit_code::ok;
}

OrderedJson as_json(const config::Loaded& loaded, bool origin) {
    OrderedJson settings = OrderedJson::object();
    for (const config::Setting& setting : loaded.settings) {
        const std::string name(setting.key->name);
        if (origin) {
            settings[name] = {{"value", setting.text}, {"origin", setting.origin}};
        } else {
            settings[name] = setting.text;
        }
    }
    OrderedJson programs = OrderedJson::array();
    for (const supervisor::Program& program : loaded.config.programs) {
        std::vector<std::string> after;
        after.reserve(program.after.size());
        for (const ProgramName& name : program.after) {
            after.push_back(name.value());
        }
        programs.push_back(
            {{"name", program.name.value()},
             {"kind", program.kind == supervisor::Kind::one_shot ? "one_shot" : "service"},
             {"command", program.command},
             {"after", after}}
        );
    }
    return {{"settings", settings}, {"programs", programs}};
}

std::string as_text(const config::Loaded& loaded, bool origin) {
    std::vector<std::vector<std::string>> rows;
    for (const config::Setting& setting : loaded.settings) {
        rows.push_back({std::string(setting.key->name), setting.text.empty() ? "-" : setting.text});
        if (origin) {
            rows.back().push_back(setting.origin);
        }
    }
    std::string text = text::table(rows) + "\n";

    rows.clear();
    for (const supervisor::Program& program : loaded.config.programs) {
        std::string after;
        for (const ProgramName& name : program.after) {
            after += (after.empty() ? "after " : ", ") + name.value();
        }
        rows.push_back(
            {"program." + program.name.value(),
             fmt::format("{}", fmt::join(program.command, " ")),
             after}
        );
    }
    text += text::table(rows);
    if (!text.ends_with('\n')) {
        text += '\n';
    }
    return text;
}

void show(Invocation& invocation, bool origin) {
    const SourcesRead read = read_sources(invocation, true);
    const config::Loaded loaded = config::load(read.sources);
    Diagnostics findings = read.findings;
    findings.append(loaded.findings);
    // What is wrong is said, and the rest shown: this command is how one finds out.
    invocation.exit_code = report(findings);
    if (invocation.json) {
        std::cout << as_json(loaded, origin).dump(2) << "\n";
    } else {
        std::cout << as_text(loaded, origin);
    }
}

// What web would refuse at its start. The zones' library is loaded for this alone: `up` reads the
// same configuration and is to stay small. (docs/decisions/0001-lazy-libraries.md)
void check_time_zone(const config::Loaded& loaded, Diagnostics& findings) {
    const auto zone = schedule::Zone::find(loaded.config.market.time_zone);
    if (zone) {
        return;
    }
    const auto setting =
        std::ranges::find(loaded.settings, "market.time_zone", [](const config::Setting& one) {
            return one.key->name;
        });
    findings.error(setting->at, fmt::format("{}: {}", setting->label, zone.error().message));
}

// The findings of a supervisord.conf and of what is made of it.
struct Converted {
    config::FromSupervisord result;
    Diagnostics findings;
};

// Nothing when the file cannot be read at all; the exit code is set then.
std::optional<Converted> convert_file(Invocation& invocation, const std::string& file) {
    auto read = read_supervisord_file(invocation, file);
    if (!read) {
        invocation.exit_code = fail(read.error(), exit_code::configuration);
        return std::nullopt;
    }
    Converted converted{config::from_supervisord(read->file), std::move(read->findings)};
    if (!read->error) {
        converted.findings.append(converted.result.findings);
    }
    return converted;
}

void check_supervisord(Invocation& invocation, const std::string& file) {
    const auto converted = convert_file(invocation, file);
    if (!converted) {
        return;
    }
    invocation.exit_code = report(converted->findings);
    if (!converted->findings.has_errors() && !invocation.quiet) {
        std::cout << file << " is a supervisord.conf that can be read; \"elasticbot compat " << file
                  << "\" says what becomes of each option\n";
    }
}

void convert(Invocation& invocation, const std::string& file) {
    const auto converted = convert_file(invocation, file);
    if (!converted) {
        return;
    }
    invocation.exit_code = report(converted->findings);
    if (!converted->findings.has_errors()) {
        std::cout << "# Made of " << file << " by elasticbot config convert.\n"
                  << config::to_toml(converted->result);
    }
}

void check(Invocation& invocation, const std::string& file) {
    if (!file.empty()) {
        invocation.config_file = file;
    }
    if (const std::string named = named_configuration_file(invocation);
        is_supervisord_file(named)) {
        return check_supervisord(invocation, named);
    }
    const SourcesRead read = read_sources(invocation, true);
    Diagnostics findings = read.findings;
    const config::Loaded loaded = config::load(read.sources);
    findings.append(loaded.findings);
    check_time_zone(loaded, findings);
    invocation.exit_code = report(findings);
    if (!findings.has_errors() && !invocation.quiet) {
        std::cout
            << (read.sources.toml ? read.sources.toml->name + " and the environment are fine\n"
                                  : "the environment is fine; there is no elasticbot.toml\n");
    }
}

}  // namespace

void add_config(CLI::App& app, Invocation& invocation) {
    CLI::App* config = app.add_subcommand("config", "Show and check the configuration");
    config->group(groups::configuration);
    config->require_subcommand(1);

    // Two owners: the parser writes to it, the callback reads it.
    const auto origin = std::make_shared<bool>(false);
    CLI::App* show_command =
        config->add_subcommand("show", "Print the values that hold, secrets as ***");
    show_command->add_flag("--origin", *origin, "Also print where each value comes from");
    show_command->callback([&invocation, origin] { show(invocation, *origin); });

    const auto file = std::make_shared<std::string>();
    CLI::App* check_command =
        config->add_subcommand("check", "Print every finding; exit code 78 if one is an error");
    check_command->add_option("FILE", *file, "File to check in place of elasticbot.toml");
    check_command->callback([&invocation, file] { check(invocation, *file); });

    const auto source = std::make_shared<std::string>();
    CLI::App* convert_command = config->add_subcommand(
        "convert", "Print the elasticbot.toml that says the same as a supervisord.conf"
    );
    convert_command->add_option("FILE", *source, "supervisord.conf")->required();
    convert_command->callback([&invocation, source] { convert(invocation, *source); });

    const auto toml = std::make_shared<bool>(false);
    CLI::App* reference =
        config->add_subcommand("reference", "Print the page that documents every key");
    reference->add_flag(
        "--toml", *toml, "Print an example file in its place: every key, commented"
    );
    reference->callback([toml] {
        std::cout << (*toml ? config::example_file() : config::reference_page());
    });
}

}  // namespace elasticbot::cli
