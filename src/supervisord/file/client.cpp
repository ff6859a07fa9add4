#include "option_reader.hpp"

#include <elasticbot/supervisord/file/client.hpp>

#include <algorithm>

namespace elasticbot::supervisord {

namespace {

// "/etc/x" → "/etc", "/x" → "/".
std::string_view folder_of(std::string_view path) {
    return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

}  // namespace

Parsed<Supervisorctl> read_client_section(
    std::string_view text, const std::string& path, const Surroundings& surroundings
) {
    Ini ini;
    Diagnostics findings;
    read_ini(text, path, ini, findings);
    for (const Diagnostic& finding : findings.findings()) {
        if (finding.severity == Severity::error) {
            return std::unexpected(finding.message);
        }
    }
    const IniSection* const section = ini.find("supervisorctl");
    if (section == nullptr) {
        return std::unexpected(".ini file does not include supervisorctl section");
    }

    OptionReader reader(ini, surroundings, findings);
    Expansions names;
    for (const auto& [name, value] : surroundings.environment) {
        names["ENV_" + name] = value;
    }
    const std::string absolute = reader.absolute(path);
    Expansions names_and_here = names;
    names_and_here["here"] = std::string(folder_of(absolute));

    Supervisorctl client;
    // The reference expands %(here)s in these two alone.
    client.server_url =
        reader.text(*section, "serverurl", names_and_here).value_or(client.server_url);
    client.prompt = reader.text(*section, "prompt", names).value_or(client.prompt);
    client.username = reader.text(*section, "username", names).value_or("");
    client.password = Secret(reader.text(*section, "password", names).value_or(""));
    client.history_file = reader.text(*section, "history_file", names_and_here).value_or("");
    if (reader.error()) {
        return std::unexpected(*reader.error());
    }
    if (client.server_url.starts_with("unix://")) {
        client.server_url = "unix://" + reader.absolute(client.server_url.substr(7));
    }
    if (!client.history_file.empty()) {
        client.history_file = reader.absolute(client.history_file);
    }
    return client;
}

}  // namespace elasticbot::supervisord
