// Names of processes, and the lines that supervisorctl prints. (supervisord-compat.md 7, 13)
#pragma once

#include <elasticbot/supervisord/xmlrpc/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli::ctl {

// "g:p", "p" for p:p, "g:*" or "g:" for all of a group (no process).
struct Namespec {
    std::string group;
    std::optional<std::string> process;

    bool operator==(const Namespec&) const = default;
};

Namespec split_namespec(std::string_view text);
std::string make_namespec(std::string_view group, std::string_view process);

// Members of a struct that the server sent; "", 0 and false for what is not there.
std::string text_in(const xmlrpc::Value& value, std::string_view name);
std::int64_t number_in(const xmlrpc::Value& value, std::string_view name);
bool flag_in(const xmlrpc::Value& value, std::string_view name);
std::vector<std::string> texts_in(const xmlrpc::Value& array);

// The answer to `status`: one line for each getProcessInfo.
std::string status_lines(const xmlrpc::Array& infos);

// The answer to `avail`, for one of getAllConfigInfo.
std::string avail_line(const xmlrpc::Value& config);

// The answer to `reread`, from reloadConfig's three lists of groups.
std::string change_lines(
    const std::vector<std::string>& added,
    const std::vector<std::string>& changed,
    const std::vector<std::string>& removed
);

// What became of one process. `code` is a fault, or 80 for success. Nothing for a code that the
// action does not know: supervisorctl fails then.
using Line = std::optional<std::string>;
Line start_line(std::string_view name, std::int64_t code);
Line clear_line(std::string_view name, std::int64_t code);
// `success` is "signalled" or "stopped"; `fault` stands for itself when the code is FAILED.
Line signal_line(
    std::string_view name, std::int64_t code, std::string_view fault, std::string_view success
);

// The exit status after a fault; nothing when it changes none. `ignored` is no failure.
std::optional<int> status_of_fault(std::int64_t code, std::int64_t ignored);

}  // namespace elasticbot::cli::ctl
