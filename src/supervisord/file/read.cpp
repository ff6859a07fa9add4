// The order is that of the reference, whose first error counts: the text, includes, [supervisord],
// RPC interfaces, programs, servers.
#include "lint.hpp"
#include "option_reader.hpp"
#include "programs.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/options.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>
#include <elasticbot/supervisord/file/read.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisord {

namespace {

std::string folder_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string absolute(std::string_view path, const std::string& working_directory) {
    return normal_path(
        path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", working_directory, path)
    );
}

class FileReader {
public:
    FileReader(
        const std::string& path,
        const Surroundings& surroundings,
        std::span<const std::string_view> own_keys
    )
        : path_(path),
          surroundings_(surroundings),
          own_keys_(own_keys),
          here_(folder_of(absolute(path, surroundings.working_directory))),
          reader_(out_.ini, surroundings, out_.findings) {}

    ReadFile read(std::string_view text) {
        for (const auto& [name, value] : surroundings_.environment) {
            names_["ENV_" + name] = value;
        }
        names_["here"] = here_;
        if (add_text(text, path_)) {
            includes();
        }
        if (const IniSection* const section = out_.ini.find("supervisord");
            section != nullptr && !out_.error) {
            supervisord(*section);
            rpc_interfaces();
            out_.file.groups =
                read_groups(reader_, names_, out_.file.supervisord.environment, own_keys_);
            inet_servers();
            unix_servers();
            supervisorctl();
            check_user(*section);
        } else if (!out_.error) {
            reader_.fail({path_, 0, 0}, ".ini file does not include supervisord section");
        }
        if (!out_.error) {
            out_.error = reader_.error();
        }
        find_unknown_names(out_.ini, own_keys_, out_.findings);
        find_traps(out_.file, out_.ini, out_.findings);
        return std::move(out_);
    }

private:
    // False when the text cannot be read at all.
    bool add_text(std::string_view text, const std::string& source) {
        Diagnostics findings;
        read_ini(text, source, out_.ini, findings);
        for (const Diagnostic& finding : findings.findings()) {
            if (finding.severity == Severity::error && !out_.error) {
                out_.error = finding.message;
            }
        }
        out_.findings.append(std::move(findings));
        return !out_.error;
    }

    // %(here)s is that of the file in which it stands: replaced before anything else is read.
    void replace_here(const std::string& here) {
        for (IniSection& section : out_.ini.sections) {
            for (IniOption& option : section.options) {
                option.value = text::replace_all(option.value, "%(here)s", here);
            }
        }
    }

    void includes() {
        const IniSection* const section = out_.ini.find("include");
        if (section == nullptr) {
            return;
        }
        replace_here(here_);
        Expansions names = names_;
        names["host_node_name"] = surroundings_.host_node_name;
        const auto written = reader_.raw(*section, "files");
        if (!written) {
            return fail_fatally(
                section->at, ".ini file has [include] section, but no files setting"
            );
        }
        const Location at = reader_.place(*section, "files");
        const auto files = expand(*written, names, "include.files");
        if (!files) {
            return fail_fatally(at, files.error());
        }
        for (const std::string& word : python::split(*files)) {
            const std::string pattern = word.starts_with('/') ? word : here_ + "/" + word;
            std::vector<std::string> matches = surroundings_.glob(pattern);
            if (matches.empty()) {
                out_.file.unmatched_includes.push_back(pattern);
                reader_.warn(
                    at,
                    "include",
                    "files",
                    fmt::format("No file matches via include \"{}\"", pattern)
                );
            }
            std::ranges::sort(matches);
            for (const std::string& file : matches) {
                if (!include(file, at)) {
                    return;
                }
            }
        }
    }

    bool include(const std::string& file, const Location& at) {
        const auto text = surroundings_.read_file(file);
        if (!text) {
            // The reference passes over it without a word.
            reader_.warn(at, "include", "files", text.error().message);
            return true;
        }
        out_.file.included.push_back(file);
        if (!add_text(*text, file)) {
            return false;
        }
        replace_here(folder_of(absolute(file, surroundings_.working_directory)));
        return true;
    }

    // Nothing after it is read.
    void fail_fatally(const Location& at, const std::string& text) {
        reader_.fail(at, text);
        out_.error = text;
    }

    std::string directory(const IniSection& section, std::string_view key, std::string fallback) {
        const std::string path = reader_.text(section, key, names_).value_or(std::move(fallback));
        const auto found = reader_.existing_directory(path);
        if (!found) {
            reader_.fail(reader_.place(section, key), found.error());
        }
        return found.value_or(path);
    }

    std::string file(const IniSection& section, std::string_view key, const std::string& fallback) {
        const std::string path = reader_.text(section, key, names_).value_or(fallback);
        const auto found = reader_.file_in_directory(path);
        if (!found) {
            reader_.fail(reader_.place(section, key), found.error());
        }
        const std::string name = found.value_or(path);
        return name == "syslog" ? name : reader_.absolute(name);
    }

    void supervisord(const IniSection& section) {
        const auto integer = [&](std::string_view key, std::int64_t fallback) {
            return reader_.value(section, key, names_, parse_integer, fallback);
        };
        const auto boolean = [&](std::string_view key) {
            return reader_.value(section, key, names_, parse_boolean, false);
        };
        Supervisord& out = out_.file.supervisord;
        out.min_descriptors = integer("minfds", out.min_descriptors);
        out.min_processes = integer("minprocs", out.min_processes);
        if (reader_.raw(section, "directory")) {
            out.directory = directory(section, "directory", "");
        }
        out.user = reader_.text(section, "user", names_).value_or("");
        out.umask = reader_.value(section, "umask", names_, parse_octal, out.umask);
        out.log_file = file(section, "logfile", "supervisord.log");
        out.log_max_bytes =
            reader_.value(section, "logfile_maxbytes", names_, parse_byte_size, out.log_max_bytes);
        out.log_backups = integer("logfile_backups", out.log_backups);
        out.log_level = reader_.value(section, "loglevel", names_, parse_log_level, out.log_level);
        out.pid_file = file(section, "pidfile", "supervisord.pid");
        out.identifier = reader_.text(section, "identifier", names_).value_or(out.identifier);
        out.nodaemon = boolean("nodaemon");
        out.silent = boolean("silent");
        out.child_log_directory =
            directory(section, "childlogdir", surroundings_.temporary_directory);
        out.nocleanup = boolean("nocleanup");
        out.strip_ansi = boolean("strip_ansi");
        global_environment(section);
    }

    void global_environment(const IniSection& section) {
        Expansions names = names_;
        names["host_node_name"] = surroundings_.host_node_name;
        const auto raw = reader_.raw(section, "environment");
        if (!raw) {
            return;
        }
        const Location at = reader_.place(section, "environment");
        // The reference expands it twice, so files write a percent sign as four.
        const auto written =
            expand(text::replace_all(*raw, "%%%%", "%%"), names, section.name + ".environment");
        if (!written) {
            return reader_.fail(at, written.error());
        }
        auto list = parse_key_values(*written);
        if (!list) {
            return reader_.fail(at, list.error());
        }
        for (const std::string& warning : list->warnings) {
            reader_.warn(at, section.name, "environment", warning);
        }
        for (const auto& [name, value] : list->pairs) {
            names_["ENV_" + name] = value;
        }
        out_.file.supervisord.environment = std::move(list->pairs);
    }

    void rpc_interfaces() {
        for (const IniSection& section : out_.ini.sections) {
            if (!section.name.starts_with("rpcinterface:")) {
                continue;
            }
            const auto factory = reader_.text(section, "supervisor.rpcinterface_factory", names_);
            if (!factory) {
                reader_.fail(
                    section.at,
                    fmt::format(
                        "section [{}] does not specify a supervisor.rpcinterface_factory",
                        section.name
                    )
                );
                continue;
            }
            out_.file.rpc_interfaces.push_back(
                {section.name.substr(section.name.find(':') + 1), *factory, section.at}
            );
        }
    }

    // Name and password: both or neither.
    void credentials(const IniSection& section, HttpServer& server) {
        server.username = reader_.text(section, "username", names_);
        const auto password = reader_.text(section, "password", names_);
        if (server.username.has_value() != password.has_value()) {
            reader_.fail(
                section.at,
                fmt::format(
                    "Section [{}] contains incomplete authentication: If a username or a password "
                    "is specified, both the username and password must be specified",
                    section.name
                )
            );
        }
        server.password = Secret(password.value_or(""));
    }

    void inet_servers() {
        for (const IniSection& section : out_.ini.sections) {
            if (!section.name.starts_with("inet_http_server")) {
                continue;
            }
            HttpServer server;
            server.section = section.name;
            server.at = section.at;
            credentials(section, server);
            if (!reader_.raw(section, "port")) {
                reader_.fail(
                    section.at, fmt::format("section [{}] has no port value", section.name)
                );
            }
            server.address =
                reader_.value(section, "port", names_, parse_inet_address, InetAddress{});
            server.allows_anybody =
                reader_.value(section, "allow_unauthenticated", names_, parse_boolean, false);
            out_.file.inet_servers.push_back(std::move(server));
        }
    }

    void unix_servers() {
        for (const IniSection& section : out_.ini.sections) {
            if (!section.name.starts_with("unix_http_server")) {
                continue;
            }
            HttpServer server;
            server.section = section.name;
            server.at = section.at;
            const auto path = reader_.text(section, "file", names_);
            if (!reader_.raw(section, "file")) {
                reader_.fail(
                    section.at, fmt::format("section [{}] has no file value", section.name)
                );
            }
            server.path = reader_.absolute(std::string(python::strip(path.value_or(""))));
            credentials(section, server);
            const auto owner = reader_.text(section, "chown", names_);
            if (owner && !reader_.is_owner(*owner)) {
                reader_.fail(reader_.place(section, "chown"), "Invalid sockchown value " + *owner);
            }
            server.owner = owner.value_or("");
            if (const auto mode = reader_.text(section, "chmod", names_)) {
                const auto parsed = parse_octal(*mode);
                if (!parsed) {
                    reader_.fail(reader_.place(section, "chmod"), "Invalid chmod value " + *mode);
                }
                server.mode = parsed.value_or(server.mode);
            }
            out_.file.unix_servers.push_back(std::move(server));
        }
    }

    // What is wrong here concerns the client alone.
    void supervisorctl() {
        const IniSection* const section = out_.ini.find("supervisorctl");
        if (section == nullptr) {
            return;
        }
        const auto text = [&](std::string_view key, const std::string& fallback) {
            const auto written = reader_.raw(*section, key);
            if (!written) {
                return fallback;
            }
            const auto expanded = expand(*written, names_, "supervisorctl");
            if (!expanded) {
                reader_.warn(
                    reader_.place(*section, key),
                    "supervisorctl",
                    key,
                    "supervisorctl refuses the file, since the value cannot be expanded"
                );
            }
            return expanded.value_or(fallback);
        };
        Supervisorctl client;
        client.server_url = text("serverurl", client.server_url);
        if (client.server_url.starts_with("unix://")) {
            client.server_url = "unix://" + reader_.absolute(client.server_url.substr(7));
        }
        client.username = text("username", "");
        client.password = Secret(text("password", ""));
        client.prompt = text("prompt", client.prompt);
        client.history_file = text("history_file", "");
        if (!client.history_file.empty()) {
            client.history_file = reader_.absolute(client.history_file);
        }
        out_.file.supervisorctl = std::move(client);
    }

    // Looked up after the whole file has been read.
    void check_user(const IniSection& section) {
        std::string& user = out_.file.supervisord.user;
        if (!reader_.raw(section, "user")) {
            return;
        }
        if (const std::string problem = reader_.problem_with_user(user); !problem.empty()) {
            reader_.fail(reader_.place(section, "user"), problem);
            user.clear();
        }
    }

    const std::string& path_;
    const Surroundings& surroundings_;
    std::span<const std::string_view> own_keys_;
    std::string here_;
    ReadFile out_;
    Expansions names_;
    OptionReader reader_;
};

}  // namespace

ReadFile read_file(
    std::string_view text,
    const std::string& path,
    const Surroundings& surroundings,
    std::span<const std::string_view> own_keys
) {
    return FileReader(path, surroundings, own_keys).read(text);
}

bool is_supervisord_file(std::string_view path, std::string_view text) {
    if (path.ends_with(".conf") || path.ends_with(".ini")) {
        return true;
    }
    if (path.ends_with(".toml")) {
        return false;
    }
    Ini ini;
    Diagnostics ignored;
    read_ini(text, std::string(path), ini, ignored);
    return std::ranges::any_of(ini.sections, [](const IniSection& section) {
        return section.name == "supervisord" || section.name.starts_with("program:");
    });
}

}  // namespace elasticbot::supervisord
