#include "process_info.hpp"

#include <elasticbot/adapters/os/identity.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace elasticbot::supervisord {

namespace {

std::int64_t unix_seconds(WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string_view or_none(std::string_view text) {
    return text.empty() ? "none" : text;
}

// A log that is AUTO shows its file until the file is read again; then it is "auto", as nothing is
// made of it before it is in use.
std::string log_of(const Output& output, const std::string* in_use) {
    switch (output.to) {
        case Output::To::automatic:
            return in_use == nullptr ? "auto" : *in_use;
        case Output::To::nothing:
            return "none";
        case Output::To::file:
            return output.path;
    }
    return "none";
}

}  // namespace

std::chrono::seconds utc_offset_at(WallTime time) {
    const std::time_t moment = unix_seconds(time);
    std::tm local{};
    return std::chrono::seconds(::localtime_r(&moment, &local) == nullptr ? 0 : local.tm_gmtoff);
}

void write_process_info(const Entry& entry, WallTime now, xmlrpc::Writer& out) {
    const ProcessRecord& record = entry.record;
    const ProcessState state = record.state();
    const bool tells_its_end = state == ProcessState::stopped || state == ProcessState::exited;
    const auto offset = tells_its_end ? utc_offset_at(record.stopped()) : std::chrono::seconds(0);
    out.begin_struct();
    out.member("name", entry.process.name);
    out.member("group", entry.group);
    out.member("start", unix_seconds(record.started()));
    out.member("stop", unix_seconds(record.stopped()));
    out.member("now", unix_seconds(now));
    out.member("state", static_cast<int>(state));
    out.member("statename", to_string(state));
    out.member("spawnerr", record.spawn_error());
    out.member("exitstatus", record.exit_status());
    out.member("logfile", entry.standard_output);
    out.member("stdout_logfile", entry.standard_output);
    out.member("stderr_logfile", entry.standard_error);
    out.member("pid", record.pid().value());
    out.member("description", record.description(now, offset));
    out.end_struct();
}

void write_config_info(
    const Group& group,
    const Process& process,
    const Entry* entry,
    bool is_in_use,
    xmlrpc::Writer& out
) {
    out.begin_struct();
    out.member("autostart", process.autostart);
    out.member("directory", or_none(process.directory.value_or("")));
    if (const auto user = os::find_identity(process.user); user && !process.user.empty()) {
        out.member("uid", user->uid);
    } else {
        out.member("uid", "none");
    }
    out.member("command", process.command);
    out.begin_member("exitcodes");
    out.begin_array();
    for (const int code : process.exit_codes) {
        out.integer(code);
    }
    out.end_array();
    out.end_member();
    out.member("group", group.name);
    out.member("group_prio", group.priority);
    out.member("inuse", is_in_use);
    out.member("killasgroup", process.kill_as_group);
    out.member("name", process.name);
    out.member("process_prio", process.priority);
    out.member("redirect_stderr", process.redirect_stderr);
    out.member("startretries", process.start_retries);
    out.member("startsecs", process.start_seconds);
    const auto write_output =
        [&](std::string_view channel, const Output& output, const std::string* path) {
            const auto key = [&](std::string_view rest) {
                return std::string(channel) + std::string(rest);
            };
            out.member(key("_capture_maxbytes"), output.capture_max_bytes);
            out.member(key("_events_enabled"), output.has_events);
            out.member(key("_logfile"), log_of(output, path));
            out.member(key("_logfile_backups"), output.backups);
            out.member(key("_logfile_maxbytes"), output.max_bytes);
            out.member(key("_syslog"), output.to_syslog);
        };
    write_output(
        "stdout", process.standard_output, entry == nullptr ? nullptr : &entry->standard_output
    );
    out.member("stopsignal", process.stop_signal);
    out.member("stopwaitsecs", process.stop_wait_seconds);
    write_output(
        "stderr", process.standard_error, entry == nullptr ? nullptr : &entry->standard_error
    );
    out.member("serverurl", or_none(process.server_url.value_or("")));
    if (process.autorestart == AutoRestart::unexpected) {
        out.member("autorestart", "unexpected");
    } else {
        out.member("autorestart", process.autorestart == AutoRestart::always);
    }
    out.end_struct();
}

}  // namespace elasticbot::supervisord
