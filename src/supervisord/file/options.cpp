#include <elasticbot/supervisord/file/options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace elasticbot::supervisord {

namespace {

using enum Standing;

constexpr std::string_view no_client = "read by supervisorctl alone";
constexpr std::string_view own_key = "elasticbot's own key, which supervisord ignores";
constexpr std::string_view own_interface = "there is no Python here to make another one";
constexpr std::string_view whole_lines = "a log is cut at the end of a line";
constexpr std::string_view whole_output = "what a program wrote before its end is not lost";

constexpr Option supervisord_options[] = {
    {"logfile", same, ""},
    {"logfile_maxbytes", same, ""},
    {"logfile_backups", same, ""},
    {"loglevel", same, ""},
    {"pidfile", same, ""},
    {"umask", same, ""},
    {"directory", same, ""},
    {"nodaemon", same, "\"elasticbot up\" is in the foreground whatever it says"},
    {"silent", same, ""},
    {"user", same, ""},
    {"minfds", same, ""},
    {"minprocs", same, ""},
    {"nocleanup", same, ""},
    {"childlogdir", same, ""},
    {"strip_ansi", same, ""},
    {"environment", same, ""},
    {"identifier", same, ""},
    {"profile_options", unsupported, "for the authors of supervisord"},
};

constexpr Option unix_server_options[] = {
    {"file", same, ""},
    {"chmod", same, ""},
    {"chown", same, ""},
    {"username", same, ""},
    {"password", same, ""},
};

constexpr Option inet_server_options[] = {
    {"port", same, ""},
    {"username", same, ""},
    {"password", same, ""},
    {"allow_unauthenticated", better, own_key},
};

constexpr Option supervisorctl_options[] = {
    {"serverurl", unsupported, no_client},
    {"username", unsupported, no_client},
    {"password", unsupported, no_client},
    {"prompt", unsupported, no_client},
    {"history_file", unsupported, no_client},
};

constexpr Option program_options[] = {
    {"command", same, ""},
    {"process_name", same, ""},
    {"numprocs", same, ""},
    {"numprocs_start", same, ""},
    {"priority", same, ""},
    {"autostart", same, ""},
    {"startsecs", same, ""},
    {"startretries", same, ""},
    {"autorestart", better, "what ends within 2 s again and again is started later and later"},
    {"exitcodes", same, ""},
    {"stopsignal", same, ""},
    {"stopwaitsecs", same, ""},
    {"stopasgroup", better, "a process has stopped when its whole group has"},
    {"killasgroup", same, ""},
    {"user", same, ""},
    {"redirect_stderr", same, ""},
    {"stdout_logfile", same, ""},
    {"stdout_logfile_maxbytes", better, whole_lines},
    {"stdout_logfile_backups", same, ""},
    {"stdout_capture_maxbytes", better, whole_output},
    {"stdout_events_enabled", same, ""},
    {"stdout_syslog", same, ""},
    {"stderr_logfile", same, ""},
    {"stderr_logfile_maxbytes", better, whole_lines},
    {"stderr_logfile_backups", same, ""},
    {"stderr_capture_maxbytes", better, whole_output},
    {"stderr_events_enabled", same, ""},
    {"stderr_syslog", same, ""},
    {"environment", same, ""},
    {"directory", same, ""},
    {"umask", same, ""},
    {"serverurl", same, ""},
};

constexpr Option group_options[] = {
    {"programs", same, ""},
    {"priority", same, ""},
};

constexpr Option include_options[] = {
    {"files", same, ""},
};

// Those of the kind, and options of programs.
template <std::size_t size>
std::vector<Option> with_program_options(const Option (&own)[size]) {
    std::vector<Option> all(std::begin(own), std::end(own));
    all.insert(all.end(), std::begin(program_options), std::end(program_options));
    return all;
}

const std::vector<Option>& listener_options() {
    static constexpr Option own[] = {
        {"events", better, "an event comes once, however many of its types are listed"},
        {"buffer_size", same, ""},
        {"result_handler", different, "only supervisor.dispatchers:default_handler"},
        {"event_len", better, own_key},
    };
    static const std::vector<Option> all = with_program_options(own);
    return all;
}

const std::vector<Option>& fcgi_options() {
    static constexpr Option own[] = {
        {"socket", same, ""},
        {"socket_backlog", same, ""},
        {"socket_owner", same, ""},
        {"socket_mode", same, ""},
    };
    static const std::vector<Option> all = with_program_options(own);
    return all;
}

constexpr std::string_view kinds[] = {
    "supervisord",
    "unix_http_server",
    "inet_http_server",
    "supervisorctl",
    "include",
    "program",
    "group",
    "eventlistener",
    "fcgi-program",
    "rpcinterface",
    "ctlplugin",
};

bool has_name(std::string_view kind) {
    return kind == "program" || kind == "group" || kind == "eventlistener" ||
           kind == "fcgi-program" || kind == "rpcinterface" || kind == "ctlplugin";
}

bool has_free_options(std::string_view kind) {
    return kind == "rpcinterface" || kind == "ctlplugin";
}

bool takes_own_keys(std::string_view kind) {
    return kind == "program" || kind == "eventlistener" || kind == "fcgi-program";
}

// "program" for "Program:x", where the reference sees nothing.
std::string nearest_kind(std::string_view section) {
    const std::string_view kind = section.substr(0, section.find(':'));
    const std::string nearest = nearest_name(kind, {std::begin(kinds), std::end(kinds)});
    return has_name(nearest) ? nearest + ":NAME" : nearest;
}

}  // namespace

std::string_view to_string(Standing standing) {
    switch (standing) {
        case same:
            return "same";
        case better:
            return "better";
        case different:
            return "differs";
        case unsupported:
            return "not supported";
    }
    return "same";
}

std::string_view kind_of(std::string_view section) {
    for (const std::string_view kind : kinds) {
        const bool is_server = kind.ends_with("_http_server");
        if (has_name(kind)) {
            if (section.starts_with(kind) && section.substr(kind.size()).starts_with(':')) {
                return kind;
            }
        } else if (section == kind || (is_server && section.starts_with(kind))) {
            return kind;
        }
    }
    return "";
}

std::span<const Option> options_of(std::string_view kind) {
    if (kind == "supervisord") {
        return supervisord_options;
    }
    if (kind == "unix_http_server") {
        return unix_server_options;
    }
    if (kind == "inet_http_server") {
        return inet_server_options;
    }
    if (kind == "supervisorctl") {
        return supervisorctl_options;
    }
    if (kind == "include") {
        return include_options;
    }
    if (kind == "program") {
        return program_options;
    }
    if (kind == "group") {
        return group_options;
    }
    if (kind == "eventlistener") {
        return listener_options();
    }
    if (kind == "fcgi-program") {
        return fcgi_options();
    }
    return {};
}

std::vector<Use> uses(const Ini& ini, std::span<const std::string_view> own_keys) {
    std::vector<Use> all;
    for (const IniSection& section : ini.sections) {
        const std::string_view kind = kind_of(section.name);
        for (const IniOption& option : section.options) {
            Use use{section.name, option.key, option.at, unsupported, "supervisord ignores it too"};
            const auto known = options_of(kind);
            const auto found = std::ranges::find(known, option.key, &Option::name);
            if (found != known.end()) {
                use.standing = found->standing;
                use.remark = found->remark;
            } else if (kind == "rpcinterface") {
                const bool is_ours = section.name == "rpcinterface:supervisor";
                use.standing = is_ours ? same : unsupported;
                use.remark = is_ours ? "" : own_interface;
            } else if (kind == "ctlplugin") {
                use.remark = no_client;
            } else if (takes_own_keys(kind) &&
                       std::ranges::find(own_keys, option.key) != own_keys.end()) {
                use.standing = better;
                use.remark = own_key;
            }
            all.push_back(std::move(use));
        }
    }
    return all;
}

void find_unknown_names(
    const Ini& ini, std::span<const std::string_view> own_keys, Diagnostics& findings
) {
    for (const IniSection& section : ini.sections) {
        const std::string_view kind = kind_of(section.name);
        if (kind.empty()) {
            const std::string nearest = nearest_kind(section.name);
            findings.warning(
                section.at,
                fmt::format(
                    "[{}]: supervisord ignores this section{}",
                    section.name,
                    nearest.empty() ? "" : fmt::format(" (did you mean [{}]?)", nearest)
                )
            );
            continue;
        }
        if (has_free_options(kind)) {
            continue;
        }
        std::vector<std::string_view> known;
        for (const Option& option : options_of(kind)) {
            known.push_back(option.name);
        }
        if (takes_own_keys(kind)) {
            known.insert(known.end(), own_keys.begin(), own_keys.end());
        }
        for (const IniOption& option : section.options) {
            // A header without its bracket has been told already.
            if (std::ranges::find(known, option.key) != known.end() ||
                option.key.starts_with('[')) {
                continue;
            }
            const std::string nearest = nearest_name(option.key, known);
            findings.warning(
                option.at,
                fmt::format(
                    "[{}] {}: supervisord ignores this option{}",
                    section.name,
                    option.key,
                    nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", nearest)
                )
            );
        }
    }
}

}  // namespace elasticbot::supervisord
