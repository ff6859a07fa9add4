// Every option that supervisord knows, and what becomes of it here.
#pragma once

#include <elasticbot/supervisord/file/ini.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

// What becomes of an option when elasticbot runs the file.
enum class Standing {
    same,         // It does what it does under supervisord.
    better,       // It does more, or lacks a defect; the remark says what.
    different,    // Close, not equal; the remark says how.
    unsupported,  // It has no effect; the remark says what to use instead, if there is something.
};

std::string_view to_string(Standing standing);

struct Option {
    std::string_view name;
    Standing standing = Standing::same;
    std::string_view remark;
};

// "program" for "program:x", "unix_http_server" for itself and with a suffix; "" for a section that
// supervisord does not know.
std::string_view kind_of(std::string_view section);

// Options of a kind of section; empty for kinds whose options are anybody's (rpcinterface,
// ctlplugin).
std::span<const Option> options_of(std::string_view kind);

// One option of a file.
struct Use {
    std::string section;
    std::string key;
    Location at;
    Standing standing = Standing::same;
    std::string_view remark;
};

// Each option of the file, in its order. `own_keys` are elasticbot's, which may stand in sections
// of programs.
std::vector<Use> uses(const Ini& ini, std::span<const std::string_view> own_keys);

// Warns of sections and options that supervisord ignores, with the nearest name that it knows.
void find_unknown_names(
    const Ini& ini, std::span<const std::string_view> own_keys, Diagnostics& findings
);

}  // namespace elasticbot::supervisord
