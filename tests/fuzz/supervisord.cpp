// A supervisord.conf: read whole or refused with words, on a machine where little exists.
#include "fuzz.hpp"

#include <elasticbot/supervisord/file/options.hpp>
#include <elasticbot/supervisord/file/read.hpp>

#include <array>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace elasticbot;
    using namespace elasticbot::supervisord;
    const std::string text(fuzz::as_text(data, size));

    Surroundings around;
    around.environment = {{"HOME", "/var/op"}};
    around.host_node_name = "box";
    around.working_directory = "/";
    around.is_directory = [](const std::string& path) { return path.size() < 10; };
    around.glob = [](const std::string& pattern) { return std::vector{pattern}; };
    // What follows a mark is the included file.
    around.read_file = [&](const std::string&) -> Result<std::string> {
        const std::size_t mark = text.find("[supervisord]");
        return mark == std::string::npos ? text : text.substr(mark);
    };
    around.home_of = [](const std::string& user) {
        return user == "root" ? std::optional<std::string>("/var/op") : std::nullopt;
    };
    around.group_exists = [](const std::string& group) { return group == "root"; };
    constexpr std::array<std::string_view, 2> own_keys = {"after", "ready"};

    const ReadFile read = read_file(text, "supervisord.conf", around, own_keys);
    ELASTICBOT_ASSERT(read.error.has_value() == read.findings.has_errors());
    for (const Diagnostic& finding : read.findings.findings()) {
        ELASTICBOT_ASSERT(!finding.message.empty());
    }
    for (const Group& group : read.file.groups) {
        for (const Process& process : group.processes) {
            static_cast<void>(split_command(process.command));
        }
    }
    static_cast<void>(uses(read.ini, own_keys));
    static_cast<void>(to_string(read.findings));
    return 0;
}
