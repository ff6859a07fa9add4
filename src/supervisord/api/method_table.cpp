// What can be called: every method once, sorted by its name.
#include "method_functions.hpp"

#include <algorithm>
#include <array>

namespace elasticbot::supervisord {

namespace {

using namespace methods;

constexpr Parameter no_parameters[] = {{"", ""}};
constexpr std::span<const Parameter> none(no_parameters, 0);
constexpr Parameter name_only[] = {{"string", "name"}};
constexpr Parameter name_and_wait[] = {{"string", "name"}, {"boolean", "wait", true}};
constexpr Parameter wait_only[] = {{"boolean", "wait", true}};
constexpr Parameter signal_only[] = {{"signal", "signal"}};
constexpr Parameter name_and_signal[] = {{"string", "name"}, {"signal", "signal"}};
constexpr Parameter part[] = {{"int", "offset"}, {"int", "length"}};
constexpr Parameter part_of_log[] = {{"string", "name"}, {"int", "offset"}, {"int", "length"}};
constexpr Parameter name_and_text[] = {{"string", "name"}, {"string", "chars"}};
constexpr Parameter type_and_data[] = {{"string", "type"}, {"string", "data"}};
constexpr Parameter calls_only[] = {{"array", "calls"}};

// clang-format off
constexpr std::array table = {
    Method{"supervisor.addProcessGroup", "boolean", name_only, add_process_group,
           "Takes a group into force as the file said when it was read last, and starts it."},
    Method{"supervisor.clearAllProcessLogs", "array", none, clear_all_process_logs,
           "Empties the logs of all processes."},
    Method{"supervisor.clearLog", "boolean", none, clear_log,
           "Empties the log of the daemon."},
    Method{"supervisor.clearProcessLog", "boolean", name_only, clear_process_logs,
           "As clearProcessLogs."},
    Method{"supervisor.clearProcessLogs", "boolean", name_only, clear_process_logs,
           "Empties the logs of a process and opens them anew."},
    Method{"supervisor.getAPIVersion", "string", none, get_version,
           "The version of this interface."},
    Method{"supervisor.getAllConfigInfo", "array", none, get_all_config_info,
           "What the file said of each process when it was read last."},
    Method{"supervisor.getAllProcessInfo", "array", none, get_all_process_info,
           "The state of each process."},
    Method{"supervisor.getIdentification", "string", none, get_identification,
           "The identifier of the daemon."},
    Method{"supervisor.getPID", "int", none, get_pid,
           "The process id of the daemon."},
    Method{"supervisor.getProcessInfo", "struct", name_only, get_process_info,
           "The state of a process."},
    Method{"supervisor.getState", "struct", none, get_state,
           "The state of the daemon: its number as statecode, its name as statename."},
    Method{"supervisor.getSupervisorVersion", "string", none, get_supervisor_version,
           "The version of supervisor whose behaviour this is."},
    Method{"supervisor.getVersion", "string", none, get_version,
           "As getAPIVersion."},
    Method{"supervisor.readLog", "string", part, read_log,
           "A part of the log of the daemon."},
    Method{"supervisor.readMainLog", "string", part, read_log,
           "As readLog."},
    Method{"supervisor.readProcessLog", "string", part_of_log, read_stdout_log,
           "As readProcessStdoutLog."},
    Method{"supervisor.readProcessStderrLog", "string", part_of_log, read_stderr_log,
           "A part of what a process wrote to standard error."},
    Method{"supervisor.readProcessStdoutLog", "string", part_of_log, read_stdout_log,
           "A part of what a process wrote to standard output."},
    Method{"supervisor.reloadConfig", "array", none, reload_config,
           "Reads the file again, and tells which groups were added, changed and removed."},
    Method{"supervisor.removeProcessGroup", "boolean", name_only, remove_process_group,
           "Takes a group whose processes have all ended out of force."},
    Method{"supervisor.restart", "boolean", none, restart,
           "Stops all processes, reads the file again and starts anew."},
    Method{"supervisor.sendProcessStdin", "boolean", name_and_text, send_process_stdin,
           "Writes to the standard input of a process."},
    Method{"supervisor.sendRemoteCommEvent", "boolean", type_and_data, send_remote_event,
           "Sends an event to the listeners of REMOTE_COMMUNICATION."},
    Method{"supervisor.shutdown", "boolean", none, shutdown,
           "Stops all processes and ends."},
    Method{"supervisor.signalAllProcesses", "array", signal_only, signal_all_processes,
           "Sends a signal to all processes."},
    Method{"supervisor.signalProcess", "boolean", name_and_signal, signal_process,
           "Sends a signal, by name or number, to a process."},
    Method{"supervisor.signalProcessGroup", "array", name_and_signal, signal_process_group,
           "Sends a signal to all processes of a group."},
    Method{"supervisor.startAllProcesses", "array", wait_only, start_all_processes,
           "Starts all processes, and waits until they run."},
    Method{"supervisor.startProcess", "boolean", name_and_wait, start_process,
           "Starts a process, and waits until it runs."},
    Method{"supervisor.startProcessGroup", "array", name_and_wait, start_process_group,
           "Starts all processes of a group, and waits until they run."},
    Method{"supervisor.stopAllProcesses", "array", wait_only, stop_all_processes,
           "Stops all processes, and waits until they have ended."},
    Method{"supervisor.stopProcess", "boolean", name_and_wait, stop_process,
           "Stops a process, and waits until it has ended."},
    Method{"supervisor.stopProcessGroup", "array", name_and_wait, stop_process_group,
           "Stops all processes of a group, and waits until they have ended."},
    Method{"supervisor.tailProcessLog", "array", part_of_log, tail_stdout_log,
           "As tailProcessStdoutLog."},
    Method{"supervisor.tailProcessStderrLog", "array", part_of_log, tail_stderr_log,
           "The end of what a process wrote to standard error: text, offset to go on from, and whether more had been written than was asked for."},
    Method{"supervisor.tailProcessStdoutLog", "array", part_of_log, tail_stdout_log,
           "The end of what a process wrote to standard output: text, offset to go on from, and whether more had been written than was asked for."},
    Method{"system.listMethods", "array", none, list_methods,
           "The names of all methods."},
    Method{"system.methodHelp", "string", name_only, method_help,
           "What a method does."},
    Method{"system.methodSignature", "array", name_only, method_signature,
           "The types of a method's result and of its parameters."},
    Method{"system.multicall", "array", calls_only, multicall,
           "Calls several methods, one after the other; each is a struct of methodName and params."},
};
// clang-format on

static_assert(std::ranges::is_sorted(table, {}, &Method::name), "found by binary search");

}  // namespace

std::span<const Method> all_methods() {
    return table;
}

}  // namespace elasticbot::supervisord
