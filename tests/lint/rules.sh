#!/usr/bin/env bash
# Rules about the sources that the compiler cannot check. tests/lint/rules.sh [RULE …]: prints each breach with its
# place; 1 if there was one. Without arguments, all rules; --list prints their names.
set -euo pipefail
cd "$(dirname "$0")/../.."

breaches=0

# Prints REASON behind each place that grep found.
report() {
    local reason=$1 place number text
    while IFS=: read -r place number text; do
        echo "$place:$number: $reason:$text"
        breaches=$((breaches + 1))
    done
}

# forbid REGEX REASON [--except REGEX-OF-PATHS] FOLDER …: no line outside of comments may match.
forbid() {
    local regex=$1 reason=$2 except='^$' found
    shift 2
    if [ "$1" = --except ]; then
        except=$2
        shift 2
    fi
    # shellcheck disable=SC2016 # awk's own $0.
    found=$(
        # A folder may not exist: not each module has public headers.
        { find "$@" -type f \( -name '*.cpp' -o -name '*.hpp' \) 2>/dev/null || true; } | sort | { grep -vE "$except" || true; } |
            xargs -r awk '{ sub(/^\/\/.*|[^:]\/\/.*/, ""); print FILENAME ":" FNR ": " $0 }' |
            { grep -P "^[^:]*:[0-9]+:.*(?:$regex)" || true; }
    )
    [ -z "$found" ] || report "$reason" <<<"$found"
}

# Folders of the modules that are marked PURE.
pure_folders() {
    { grep -rlE --include CMakeLists.txt '^elasticbot_module\(\S+ PURE\b' src || true; } | while IFS= read -r list; do
        folder=$(dirname "$list")
        echo "$folder"
        echo "include/elasticbot/${folder#src/}"
    done
}

# shellcheck disable=SC2046 # One word per folder.
pure_modules_include_no_io() {
    forbid '#include *[<"](boost/(asio|beast|process)|pqxx|hiredis|curl/|spdlog|unistd\.h|poll\.h|fcntl\.h|signal\.h|sys/|netinet/|arpa/|netdb|fstream|iostream|filesystem|thread|mutex|future|condition_variable)' \
        'a pure module does no I/O and has no threads' $(pure_folders)
}

# shellcheck disable=SC2046
pure_modules_ask_no_clock() {
    forbid '::now\(\)|(?<![\w.>])(wall_)?now\(\)|\btime\((nullptr|NULL|0)\)' \
        'a pure module gets the time as an argument' $(pure_folders)
}

# shellcheck disable=SC2046
pure_modules_read_no_environment() {
    forbid '\b(secure_)?getenv\(|\bv?fork\(|\bsystem\(|\bpopen\(|\bsocket\(|\bfopen\(|\bstd::random_device\b' \
        'a pure module knows nothing of the process that it runs in' $(pure_folders)
}

only_time_asks_clocks() {
    forbid '(steady|system|high_resolution)_clock::now|\bclock_gettime\(|\bgettimeofday\(|\btime\((nullptr|NULL|0)\)' \
        'only base/time.cpp asks a clock' --except '^src/base/time\.cpp$' src include
}

only_the_reaper_waits() {
    forbid '\b(waitpid|waitid|wait[34])\(' \
        'only adapters/os/reaper.cpp waits for processes' --except '^src/adapters/os/reaper\.cpp$' src include
}

nothing_is_detached() {
    forbid '\basio::detached\b|\bdetached_t\b|\bstd::async\b' 'who starts a task waits for it' src include
}

only_log_uses_spdlog() {
    forbid 'spdlog' 'base/log.cpp is the only user of spdlog' --except '^src/base/log\.cpp$' src include
}

# The repository speaks of the product, not of a machine that it was made on.
no_machine_paths() {
    local found
    found=$(git grep -nIE '(^|[^A-Za-z0-9_.])/(work|root|home/[a-z]+)/|/tmp/[a-z_]+_jobs' -- . ':!tests/lint/rules.sh' \
        ':!tests/data' ':!tests/fixtures' || true)
    [ -z "$found" ] || report "a path of somebody's machine" <<<"$found"
}

rules=(pure_modules_include_no_io pure_modules_ask_no_clock pure_modules_read_no_environment only_time_asks_clocks
    only_the_reaper_waits nothing_is_detached only_log_uses_spdlog no_machine_paths)

if [ "${1:-}" = --list ]; then
    printf '%s\n' "${rules[@]}"
    exit 0
fi
for rule in "${@:-${rules[@]}}"; do
    "$rule"
done
[ $breaches -eq 0 ]
