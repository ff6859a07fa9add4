// The web page of the daemon: a table of the processes with buttons. Pure. (supervisord-compat.md
// 11)
#pragma once

#include "process_table.hpp"

#include <elasticbot/base/time.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

struct PageRow {
    std::string full_name;
    ProcessState state = ProcessState::stopped;
    std::string description;
};

// `message` is what the last action has come to; `token` is what each button sends, so that no
// other page can press it.
std::string status_page(
    const std::vector<PageRow>& rows,
    std::string_view identifier,
    std::string_view version,
    std::string_view message,
    std::string_view token
);

// The end of a log; `name` is the process.
std::string tail_page(std::string_view name, std::string_view text);

// "400 Bad Request" as a small page.
std::string error_page(int status, std::string_view reason);

}  // namespace elasticbot::supervisord
