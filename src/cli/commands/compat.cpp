// compat: each option of a supervisord.conf and what becomes of it.
#include "../command.hpp"
#include "../supervisord_file.hpp"

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/config/supervisord.hpp>
#include <elasticbot/supervisord/file/options.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

using supervisord::Standing;

OrderedJson as_json(const std::vector<supervisord::Use>& uses) {
    OrderedJson all = OrderedJson::array();
    for (const supervisord::Use& use : uses) {
        all.push_back(
            {{"file", use.at.source},
             {"line", use.at.line},
             {"section", text::repair_utf8(use.section)},
             {"option", text::repair_utf8(use.key)},
             {"standing", supervisord::to_string(use.standing)},
             {"remark", use.remark}}
        );
    }
    return all;
}

std::string as_text(const std::vector<supervisord::Use>& uses) {
    std::vector<std::vector<std::string>> rows;
    std::array<int, 4> counts{};
    for (const supervisord::Use& use : uses) {
        ++counts.at(static_cast<std::size_t>(use.standing));
        rows.push_back(
            {fmt::format("{}:{}", use.at.source, use.at.line),
             fmt::format("[{}]", use.section),
             use.key,
             std::string(supervisord::to_string(use.standing)),
             std::string(use.remark)}
        );
    }
    std::string text = text::table(rows);
    if (!text.empty() && !text.ends_with('\n')) {
        text += '\n';
    }
    return fmt::format(
        "{}{} options: {} same, {} better, {} differ, {} not supported\n",
        text,
        uses.size(),
        counts[static_cast<std::size_t>(Standing::same)],
        counts[static_cast<std::size_t>(Standing::better)],
        counts[static_cast<std::size_t>(Standing::different)],
        counts[static_cast<std::size_t>(Standing::unsupported)]
    );
}

int compare(const Invocation& invocation, const std::string& file) {
    const auto read = read_supervisord_file(invocation, file);
    if (!read) {
        return fail(read.error(), exit_code::usage);
    }
    if (read->error) {
        complain(fmt::format(
            "cannot read {}: {}; \"elasticbot config check {}\" tells every finding",
            file,
            *read->error,
            file
        ));
        return exit_code::configuration;
    }
    const auto uses = supervisord::uses(read->ini, config::own_program_keys());
    if (invocation.json) {
        std::cout << as_json(uses).dump(2) << "\n";
    } else {
        std::cout << as_text(uses);
    }
    return exit_code::ok;
}

}  // namespace

void add_compat(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "compat", "Print each option of a supervisord.conf and what \"config convert\" makes of it"
    );
    command->group(groups::configuration);
    // Two owners: the parser writes to it, the callback reads it.
    const auto file = std::make_shared<std::string>();
    command->add_option("FILE", *file, "supervisord.conf")->required();
    command->callback([&invocation, file] { invocation.exit_code = compare(invocation, *file); });
}

}  // namespace elasticbot::cli
