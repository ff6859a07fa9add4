// The state directory: where a running `elasticbot up` is found, and what it offers. (decisions 22
// and 23)
#pragma once

#include "command.hpp"

#include <optional>
#include <string>

namespace elasticbot::cli {

// What `up` records in STATE_DIR/up.json while it runs.
struct UpRecord {
    std::string control_socket;
    std::string socket_dir;    // Short folder of the sockets; "" without private services.
    std::string database_url;  // Of private services only; no password is in them.
    std::string redis_url;
};

// ELASTICBOT_STATE_DIR from wherever `up` would take it (environment, .env, configuration file),
// else ./.elasticbot; absolute.
std::string state_dir(const Invocation& invocation);

// Short folder for the sockets of the `up` with this state directory, and of it alone: below
// $XDG_RUNTIME_DIR/elasticbot, /run/elasticbot (root) or /tmp/elasticbot-<uid>. Not created here.
std::string short_dir(const Invocation& invocation, const std::string& state_dir);

Result<> write_record(const std::string& state_dir, const UpRecord& record);
void remove_record(const std::string& state_dir);

// The record, if there is one; it may be of an `up` that was killed.
std::optional<UpRecord> read_record(const std::string& state_dir);

// The control socket to talk to: --socket, ELASTICBOT_SOCKET (also from .env or the configuration
// file), the recorded one, else the usual place. Whether somebody listens there is not asked.
std::string control_socket(const Invocation& invocation);

// The record of an `up` that answers.
std::optional<UpRecord> running_up(const Invocation& invocation);

}  // namespace elasticbot::cli
