// Start commands of the older deployments, in terms of ours. (decision 41)
#pragma once

#include <elasticbot/base/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli {

struct OldCommand {
    std::vector<std::string> words;  // What to run: {"worker"}.
    std::map<std::string, std::string>
        settings;  // Options as the variables that mean the same: CELERY_CONCURRENCY=2.

    bool operator==(const OldCommand&) const = default;
};

// nullopt when `program` (argv[0]) is not python, python3, manage.py, gunicorn, celery,
// supervisord or supervisorctl. What those did and we do not is an error that names the command to
// use instead.
std::optional<Result<OldCommand>> translate_old_command(
    std::string_view program, const std::vector<std::string>& words
);

// Why a management command of the older deployments is not there, and what to do; "" for any other
// name.
std::string_view retired_command(std::string_view name);

}  // namespace elasticbot::cli
