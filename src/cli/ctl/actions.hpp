// Every action of `elasticbot ctl`. (supervisord-compat.md 13)
#pragma once

#include "session.hpp"

namespace elasticbot::cli::ctl {

// look.cpp
Outcome<> do_status(Session& session, const std::string& argument);
Outcome<> do_pid(Session& session, const std::string& argument);
Outcome<> do_version(Session& session, const std::string& argument);
Outcome<> do_avail(Session& session, const std::string& argument);

// processes.cpp
Outcome<> do_start(Session& session, const std::string& argument);
Outcome<> do_stop(Session& session, const std::string& argument);
Outcome<> do_restart(Session& session, const std::string& argument);
Outcome<> do_signal(Session& session, const std::string& argument);
Outcome<> do_clear(Session& session, const std::string& argument);

// groups.cpp
Outcome<> do_reread(Session& session, const std::string& argument);
Outcome<> do_update(Session& session, const std::string& argument);
Outcome<> do_add(Session& session, const std::string& argument);
Outcome<> do_remove(Session& session, const std::string& argument);

// logs.cpp
Outcome<> do_tail(Session& session, const std::string& argument);
Outcome<> do_maintail(Session& session, const std::string& argument);
Outcome<> do_fg(Session& session, const std::string& argument);

// daemon.cpp
Outcome<> do_shutdown(Session& session, const std::string& argument);
Outcome<> do_reload(Session& session, const std::string& argument);
Outcome<> do_open(Session& session, const std::string& argument);

// help.cpp
Outcome<> do_help(Session& session, const std::string& argument);
Outcome<> do_quit(Session& session, const std::string& argument);

}  // namespace elasticbot::cli::ctl
