// version: of this executable and, if one runs, of the supervisor, which may be older after an
// upgrade.
#include "../ask_supervisor.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace elasticbot::cli {

namespace {

constexpr Duration longest_answer = 1s;

int print_version(const Invocation& invocation) {
    const auto answer =
        ask_supervisor(invocation, {.target = "/v1/version", .timeout = longest_answer});
    const std::string running = answer ? json::string_or_empty(*answer, "version") : "";
    if (invocation.json) {
        OrderedJson json;
        json["version"] = ELASTICBOT_VERSION;
        json["running"] = running.empty() ? OrderedJson(nullptr) : OrderedJson(running);
        json["compiler"] = __VERSION__;
        std::cout << json::dump(json) << "\n";
        return exit_code::ok;
    }
    std::cout << "elasticbot " ELASTICBOT_VERSION "\n";
    if (!running.empty() && running != ELASTICBOT_VERSION) {
        std::cout << "running: " << running << "\n";
    }
    return exit_code::ok;
}

}  // namespace

void add_version(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("version", "Print the version");
    command->group(groups::control);
    command->callback([&invocation] { invocation.exit_code = print_version(invocation); });
}

}  // namespace elasticbot::cli
