// The functions behind the methods, for the table. Each does what the method of that name does.
#pragma once

#include "methods.hpp"

#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

namespace elasticbot::supervisord::methods {

using xmlrpc::Array;
using xmlrpc::Value;
using xmlrpc::Writer;
using Task = Method::Task;

// The daemon itself, and its groups. (daemon_methods.cpp)
Task get_version(const Methods& methods, const Array& given, Writer& out);
Task get_supervisor_version(const Methods& methods, const Array& given, Writer& out);
Task get_identification(const Methods& methods, const Array& given, Writer& out);
Task get_state(const Methods& methods, const Array& given, Writer& out);
Task get_pid(const Methods& methods, const Array& given, Writer& out);
Task read_log(const Methods& methods, const Array& given, Writer& out);
Task clear_log(const Methods& methods, const Array& given, Writer& out);
Task shutdown(const Methods& methods, const Array& given, Writer& out);
Task restart(const Methods& methods, const Array& given, Writer& out);
Task reload_config(const Methods& methods, const Array& given, Writer& out);
Task add_process_group(const Methods& methods, const Array& given, Writer& out);
Task remove_process_group(const Methods& methods, const Array& given, Writer& out);

// Start, stop, signal, and what is known of processes. (process_methods.cpp)
Task start_process(const Methods& methods, const Array& given, Writer& out);
Task start_process_group(const Methods& methods, const Array& given, Writer& out);
Task start_all_processes(const Methods& methods, const Array& given, Writer& out);
Task stop_process(const Methods& methods, const Array& given, Writer& out);
Task stop_process_group(const Methods& methods, const Array& given, Writer& out);
Task stop_all_processes(const Methods& methods, const Array& given, Writer& out);
Task signal_process_group(const Methods& methods, const Array& given, Writer& out);
Task signal_process(const Methods& methods, const Array& given, Writer& out);
Task signal_all_processes(const Methods& methods, const Array& given, Writer& out);
Task get_process_info(const Methods& methods, const Array& given, Writer& out);
Task get_all_process_info(const Methods& methods, const Array& given, Writer& out);
Task get_all_config_info(const Methods& methods, const Array& given, Writer& out);

// What processes wrote and read. (log_methods.cpp)
Task read_stdout_log(const Methods& methods, const Array& given, Writer& out);
Task read_stderr_log(const Methods& methods, const Array& given, Writer& out);
Task tail_stdout_log(const Methods& methods, const Array& given, Writer& out);
Task tail_stderr_log(const Methods& methods, const Array& given, Writer& out);
Task clear_process_logs(const Methods& methods, const Array& given, Writer& out);
Task clear_all_process_logs(const Methods& methods, const Array& given, Writer& out);
Task send_process_stdin(const Methods& methods, const Array& given, Writer& out);
Task send_remote_event(const Methods& methods, const Array& given, Writer& out);

// system.*: about the methods themselves. (system_methods.cpp)
Task list_methods(const Methods& methods, const Array& given, Writer& out);
Task method_help(const Methods& methods, const Array& given, Writer& out);
Task method_signature(const Methods& methods, const Array& given, Writer& out);
Task multicall(const Methods& methods, const Array& given, Writer& out);

}  // namespace elasticbot::supervisord::methods
