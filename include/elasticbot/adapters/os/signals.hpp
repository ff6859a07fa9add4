// Signals: their names, the process's own set-up, and sending them to processes and groups.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::os {

// "SIGKILL"; "SIGRTMIN+3"; "signal 99" for what has no name.
std::string signal_name(int signal);

// "HUP", "SIGHUP", "sighup", "1"; nullopt for anything else.
std::optional<int> parse_signal(std::string_view text);

// First thing in a supervisor: SIGCHLD at its default (an inherited 'ignore' makes every wait
// fail), nothing blocked, and every signal that would kill without meaning anything to us ignored
// (PIPE, ALRM, USR-like ones, real-time). Handlers come from asio::signal_set for those of
// handled_signals().
void prepare_supervisor_signals();

// TERM, INT, QUIT, HUP, USR1, USR2, CHLD, WINCH
const std::vector<int>& handled_signals();

// To that very process, never to a successor of its pid. A process that has ended is a success.
Result<> signal_process(const Fd& pidfd, int signal);

// To every member of the group. An empty group is a success. Only while the leader is not reaped,
// or while the group is known to have members: the kernel reuses the number afterwards.
Result<> signal_group(Pid leader, int signal);

// Whether any process, dead leader included until it is reaped, is in the group.
bool group_exists(Pid leader);

}  // namespace elasticbot::os
