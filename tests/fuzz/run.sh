#!/usr/bin/env bash
# tests/fuzz/run.sh [NAME …]: builds the fuzz programs and runs each for SECONDS_EACH (60) seconds. Inputs that reach new
# code are kept in build/fuzz/corpus; one that fails is printed with its file: put it into tests/fuzz/corpus/<name>.
set -euo pipefail
cd "$(dirname "$0")/../.."

cmake --preset fuzz -D ELASTICBOT_ONLY_TESTS='^fuzz$' >/dev/null
cmake --build build/fuzz -j "${JOBS:-2}" --target fuzz_tests

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for program in build/fuzz/bin/fuzz_*; do names+=("${program##*/fuzz_}"); done
fi
for name in "${names[@]}"; do
    echo "== $name"
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/failures
    "build/fuzz/bin/fuzz_$name" -max_total_time="${SECONDS_EACH:-60}" -timeout=10 -rss_limit_mb=2048 -max_len=20000 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/failures/$name-" \
        "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" 2>&1 | grep -v -e '# Uses:' -e 'recommended dictionary'
done
