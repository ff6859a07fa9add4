// The list of actions, with what `help` says of each: the words of supervisorctl, since scripts and
// people know them.
#include "actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace elasticbot::cli::ctl {

namespace {

constexpr auto all_actions = std::to_array<Action>({
    {"add", do_add, "add <name> [...]\tActivates any updates in config for process/group"},
    {"avail", do_avail, "avail\t\t\tDisplay all configured processes"},
    {"clear",
     do_clear,
     "clear <name>\t\tClear a process' log files.\n"
     "clear <name> <name>\tClear multiple process' log files\n"
     "clear all\t\tClear all process' log files",
     true},
    {"exit", do_quit, "exit\tExit the supervisor shell."},
    {"fg",
     do_fg,
     "fg <process>\tConnect to a process in foreground mode\n"
     "\t\tCtrl-C to exit",
     true},
    {"maintail",
     do_maintail,
     "maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)\n"
     "maintail -100\tlast 100 *bytes* of supervisord main log file\n"
     "maintail\tlast 1600 *bytes* of supervisor main log file\n",
     true},
    {"open",
     do_open,
     "open <url>\tConnect to a remote supervisord process.\n"
     "\t\t(for UNIX domain socket, use unix:///socket/path)"},
    {"pid",
     do_pid,
     "pid\t\t\tGet the PID of supervisord.\n"
     "pid <name>\t\tGet the PID of a single child process by name.\n"
     "pid all\t\t\tGet the PID of every child process, one per line.",
     true},
    {"quit", do_quit, "quit\tExit the supervisor shell."},
    {"reload", do_reload, "reload \t\tRestart the remote supervisord."},
    {"remove", do_remove, "remove <name> [...]\tRemoves process/group from active config"},
    {"reread", do_reread, "reread \t\t\tReload the daemon's configuration files without add/remove"
    },
    {"restart",
     do_restart,
     "restart <name>\t\tRestart a process\n"
     "restart <gname>:*\tRestart all processes in a group\n"
     "restart <name> <name>\tRestart multiple processes or groups\n"
     "restart all\t\tRestart all processes\n"
     "Note: restart does not reread config files. For that, see reread and update.",
     true},
    {"shutdown", do_shutdown, "shutdown \tShut the remote supervisord down."},
    {"signal",
     do_signal,
     "signal <signal name> <name>\t\tSignal a process\n"
     "signal <signal name> <gname>:*\t\tSignal all processes in a group\n"
     "signal <signal name> <name> <name>\tSignal multiple processes or groups\n"
     "signal <signal name> all\t\tSignal all processes",
     true},
    {"start",
     do_start,
     "start <name>\t\tStart a process\n"
     "start <gname>:*\t\tStart all processes in a group\n"
     "start <name> <name>\tStart multiple processes or groups\n"
     "start all\t\tStart all processes",
     true},
    {"status",
     do_status,
     "status <name>\t\tGet status for a single process\n"
     "status <gname>:*\tGet status for all processes in a group\n"
     "status <name> <name>\tGet status for multiple named processes\n"
     "status\t\t\tGet all process status info"},
    {"stop",
     do_stop,
     "stop <name>\t\tStop a process\n"
     "stop <gname>:*\t\tStop all processes in a group\n"
     "stop <name> <name>\tStop multiple processes or groups\n"
     "stop all\t\tStop all processes",
     true},
    {"tail",
     do_tail,
     "tail [-f] <name> [stdout|stderr] (default stdout)\n"
     "Ex:\n"
     "tail -f <name>\t\tContinuous tail of named process stdout\n"
     "\t\t\tCtrl-C to exit.\n"
     "tail -100 <name>\tlast 100 *bytes* of process stdout\n"
     "tail <name> stderr\tlast 1600 *bytes* of process stderr",
     true},
    {"update",
     do_update,
     "update\t\t\tReload config and add/remove as necessary, and will restart affected programs\n"
     "update all\t\tReload config and add/remove as necessary, and will restart affected programs\n"
     "update <gname> [...]\tUpdate specific groups"},
    {"version", do_version, "version\t\t\tShow the version of the remote supervisord process"},
});

// In columns, as Python's cmd module sets them.
constexpr std::string_view overview =
    "\n"
    "default commands (type help <topic>):\n"
    "=====================================\n"
    "add    exit      open  reload  restart   start   tail   \n"
    "avail  fg        pid   remove  shutdown  status  update \n"
    "clear  maintail  quit  reread  signal    stop    version\n";

}  // namespace

std::span<const Action> actions() {
    return all_actions;
}

const Action* find_action(std::string_view name) {
    const auto* const found = std::ranges::find(all_actions, name, &Action::name);
    return found == all_actions.end() ? nullptr : found;
}

Outcome<> do_help(Session& /*session*/, const std::string& argument) {
    if (argument.empty()) {
        Session::print(overview);
    } else if (argument == "help") {
        Session::print("help\t\tPrint a list of available actions");
        Session::print("help <action>\tPrint help for <action>");
    } else if (const Action* const action = find_action(argument)) {
        Session::print(action->help);
    } else {
        Session::print(fmt::format("*** No help on {}", argument));
    }
    return {};
}

Outcome<> do_quit(Session& session, const std::string& /*argument*/) {
    Session::print("");
    session.is_over = true;
    return {};
}

}  // namespace elasticbot::cli::ctl
