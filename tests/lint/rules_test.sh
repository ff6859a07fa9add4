#!/usr/bin/env bash
# Shows that every rule of rules.sh finds its breach, and none in harmless lines.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

failures=0

# expect RULE PATH LINE: a tree with this one line, and a pure module product/market, is refused by the rule.
# allow RULE PATH LINE: it is accepted.
expect() { check 1 "$@"; }
allow() { check 0 "$@"; }

check() {
    local wanted=$1 rule=$2 path=$3 line=$4 code=0
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/tests/lint" "$scratch/tree/src" "$scratch/tree/$(dirname "$path")"
    mkdir -p "$scratch/tree/src/product/market"
    echo 'elasticbot_module(product/market PURE SOURCES a.cpp)' >"$scratch/tree/src/product/market/CMakeLists.txt"
    cp "$here/rules.sh" "$scratch/tree/tests/lint/"
    printf '// First line.\n%s\n' "$line" >"$scratch/tree/$path"
    git -C "$scratch/tree" init -q
    git -C "$scratch/tree" add .
    "$scratch/tree/tests/lint/rules.sh" "$rule" >"$scratch/output" 2>&1 || code=$?
    if [ "$code" -ne "$wanted" ] || { [ "$wanted" -eq 1 ] && ! grep -q "^$path:2: " "$scratch/output"; }; then
        echo "$rule: expected $wanted for '$line' in $path, got $code:"
        cat "$scratch/output"
        failures=$((failures + 1))
    fi
}

expect pure_modules_include_no_io src/product/market/a.cpp '#include <boost/asio/awaitable.hpp>'
expect pure_modules_include_no_io include/elasticbot/product/market/a.hpp '#include <unistd.h>'
allow pure_modules_include_no_io src/product/market/a.cpp '#include <boost/math/distributions/students_t.hpp>'
allow pure_modules_include_no_io src/adapters/os/a.cpp '#include <unistd.h>'
expect pure_modules_ask_no_clock src/product/market/a.cpp 'auto start = std::chrono::steady_clock::now();'
expect pure_modules_ask_no_clock src/product/market/a.cpp 'auto start = wall_now();'
allow pure_modules_ask_no_clock src/product/market/a.cpp 'void tick(TimePoint now); // now() is forbidden'
expect pure_modules_read_no_environment src/product/market/a.cpp 'const char* home = std::getenv("HOME");'
expect only_time_asks_clocks src/adapters/host/a.cpp 'auto start = std::chrono::system_clock::now();'
allow only_time_asks_clocks src/base/time.cpp 'return std::chrono::steady_clock::now();'
expect only_the_reaper_waits src/adapters/os/spawn.cpp '::waitpid(pid, nullptr, 0);'
allow only_the_reaper_waits src/adapters/os/reaper.cpp '::waitpid(pid, nullptr, 0);'
expect nothing_is_detached src/web/server/a.cpp 'asio::co_spawn(io, run(), asio::detached);'
expect only_log_uses_spdlog src/web/server/a.cpp '#include <spdlog/spdlog.h>'
expect no_machine_paths README.md 'Clone it to /''work''/elasticbot.'
expect no_machine_paths deploy/a.sh 'cd /''home''/someone/elasticbot'
allow no_machine_paths README.md 'See https://example.org/work/item.'

# A rule without a breach above has not been tried.
while IFS= read -r rule; do
    if ! grep -q "^expect $rule " "$0"; then
        echo "$rule: nothing shows that it finds anything"
        failures=$((failures + 1))
    fi
done < <("$here/rules.sh" --list)
[ $failures -eq 0 ]
