#include "start_report.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace elasticbot::supervisord {

namespace {

// What the reference accepts and warns of.
void tell_of_outputs(const Process& process, std::vector<LogLine>& lines) {
    if (process.loses_error_log) {
        lines.push_back(
            {LogLevel::warn,
             fmt::format(
                 "For [{}], redirect_stderr=true but stderr_logfile has also been set to a "
                 "filename, the filename has been ignored",
                 process.section
             )}
        );
    }
    for (const auto& [key, output] :
         {std::pair<std::string_view, const Output&>("stdout_logfile", process.standard_output),
          std::pair<std::string_view, const Output&>("stderr_logfile", process.standard_error)}) {
        if (output.to == Output::To::automatic && output.max_bytes == 0) {
            lines.push_back(
                {LogLevel::warn,
                 fmt::format(
                     "For [{}], AUTO logging used for {} without rollover, set maxbytes > 0 to "
                     "avoid filling up filesystem unintentionally",
                     process.section,
                     key
                 )}
            );
        }
    }
}

void tell_of_server(const HttpServer& server, const File& file, std::vector<LogLine>& lines) {
    for (const RpcInterface& interface : file.rpc_interfaces) {
        lines.push_back(
            {LogLevel::info, fmt::format("RPC interface '{}' initialized", interface.name)}
        );
    }
    if (!server.username) {
        lines.push_back(
            {LogLevel::critical,
             fmt::format(
                 "Server '{}' running without any HTTP authentication checking", server.section
             )}
        );
    }
}

}  // namespace

std::vector<LogLine> start_report(const File& file, unsigned uid) {
    std::vector<LogLine> lines;
    const bool has_user = !file.supervisord.user.empty();
    if (uid == 0 && !has_user) {
        lines.push_back(
            {LogLevel::critical,
             "Supervisor is running as root.  Privileges were not dropped because no user is "
             "specified in the config file.  If you intend to run as root, you can set user=root "
             "in the config file to avoid this message."}
        );
    }
    if (has_user) {
        lines.push_back({LogLevel::info, fmt::format("Set uid to user {} succeeded", uid)});
    }
    for (const std::string& included : file.included) {
        lines.push_back(
            {LogLevel::info, fmt::format("Included extra file \"{}\" during parsing", included)}
        );
    }
    for (const std::string& pattern : file.unmatched_includes) {
        lines.push_back({LogLevel::warn, fmt::format("No file matches via include \"{}\"", pattern)}
        );
    }
    for (const Group& group : file.groups) {
        for (const Process& process : group.processes) {
            tell_of_outputs(process, lines);
        }
    }
    for (const auto* servers : {&file.inet_servers, &file.unix_servers}) {
        for (const HttpServer& server : *servers) {
            tell_of_server(server, file, lines);
        }
    }
    return lines;
}

}  // namespace elasticbot::supervisord
