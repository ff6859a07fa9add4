#!/usr/bin/env bash
# Builds and tests everything; the last line counts: "N passed, N failed". tests/run.sh --help says more.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

kinds=(lint unit fuzz simulation conformance adapter scenario)
stages=(setup format build "${kinds[@]}" headers tidy tsan release)
# Folders of tests whose code is used by several threads.
tsan_folders=${TSAN_TESTS:-'unit/base|adapter/(db|lazy|net|redis)'}
jobs=${JOBS:-2}

usage() {
    cat <<END
Usage: tests/run.sh [--only STAGE[,STAGE …]] [--skip STAGE[,STAGE …]] [--all]

Stages, in order:
  setup      install missing packages (deploy/setup.sh --test)
  format     clang-format on all tracked sources
  build      everything with address and undefined-behaviour sanitizers (preset asan)
  ${kinds[*]}
             the tests of one kind, with what 'build' made; alone, '--only unit' builds what it needs
  headers    every public header compiles by itself
  tidy       clang-tidy on what differs from main, or from the last commit; with --all on every source
  tsan       the tests of code that threads share, with the thread sanitizer (preset tsan)
  release    the program as it ships (preset release), and what only that can get wrong

Variables: JOBS (compilers and tests at once, $jobs), TSAN_TESTS (regular expression of folders under tests/),
CCACHE_DIR (kept between runs; default: ccache's own).
END
}

fail_usage() {
    echo "tests/run.sh: $1 (see --help)" >&2
    exit 2
}

# split LIST: one known stage per line.
split() {
    local name
    for name in ${1//,/ }; do
        [[ " ${stages[*]} " == *" $name "* ]] || fail_usage "no stage is called '$name'"
        echo "$name"
    done
}

selected=("${stages[@]}")
tidy_all=no
while [ $# -gt 0 ]; do
    case $1 in
        --only)
            list=$(split "${2:?$1 needs a stage}") || exit 2
            mapfile -t selected <<<"$list"
            shift
            ;;
        --skip)
            list=$(split "${2:?$1 needs a stage}") || exit 2
            mapfile -t selected < <(printf '%s\n' "${selected[@]}" | grep -vxF "$list")
            shift
            ;;
        --all) tidy_all=yes ;;
        -h | --help) usage && exit 0 ;;
        *) fail_usage "unknown argument '$1'" ;;
    esac
    shift
done
is_selected() { [[ " ${selected[*]} " == *" $1 "* ]]; }

passed=0
failed=0
skipped=0
skip_reasons=
summary=()

# stage NAME COMMAND …: runs it and notes its time. One that fails counts as one failure, unless it counted itself.
stage() {
    local name=$1 began=$SECONDS before=$failed result=ok
    shift
    echo "== $name"
    if ! "$@"; then
        result=FAILED
        [ "$failed" -gt "$before" ] || failed=$((failed + 1))
    fi
    summary+=("$(printf '%-12s %-7s %5d s' "$name" $result $((SECONDS - began)))")
    [ $result = ok ]
}

# run_tests PRESET NAME [CTEST-OPTION …]: adds to the counts.
run_tests() {
    local folder=build/$1 report code=0 suite
    report=$PWD/build/$1/report-$2.xml
    shift 2
    rm -f "$report"
    ctest --test-dir "$folder" -j "$jobs" --output-on-failure --output-junit "$report" "$@" || code=$?
    suite=$(tr '\n\t' '  ' <"$report" 2>/dev/null | grep -o '<testsuite [^>]*>' | head -1)
    count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$suite" | grep . || echo 0; }
    local failures left_out
    failures=$(count failures)
    left_out=$(($(count skipped) + $(count disabled)))
    failed=$((failed + failures))
    skipped=$((skipped + left_out))
    # GoogleTest says the reason in the line after the place.
    skip_reasons+=$(sed -n '/: Skipped$/{n;s/&quot;/"/g;p}' "$report")$'\n'
    passed=$((passed + $(count tests) - failures - left_out))
    return $code
}

configure() {
    local preset=$1
    shift
    # Quiet when it goes well: what was found is in CMakeCache.txt.
    local output
    output=$(cmake --preset "$preset" "$@" 2>&1) || { echo "$output" && return 1; }
}

check_format() {
    local wrong
    wrong=$(git ls-files -z '*.cpp' '*.hpp' | xargs -0 -r -n 20 -P "$jobs" clang-format-19 --dry-run -Werror 2>&1 |
        sed -n 's/^\([^ :]*\):[0-9]*:.*clang-format-violations.*/clang-format-19 -i \1/p' | sort -u)
    [ -z "$wrong" ] || { echo "$wrong" && return 1; }
}

build_asan() {
    configure asan -D ELASTICBOT_ONLY_TESTS= && cmake --build build/asan -j "$jobs"
}

# Only what the kind needs, where the whole has not been built.
build_kind() {
    configure asan -D ELASTICBOT_ONLY_TESTS= || return
    local targets=()
    [ "$1" = lint ] || targets+=("$1_tests")
    [ "$1" != scenario ] || targets+=(elasticbot)
    [ ${#targets[@]} -eq 0 ] || cmake --build build/asan -j "$jobs" --target "${targets[@]}"
}

test_kind() {
    # A kind without a folder of tests has none yet.
    [ -d "tests/$1" ] || return 0
    is_selected build || build_kind "$1" || return
    run_tests asan "$1" -L "^$1\$"
}

check_headers() {
    configure asan -D ELASTICBOT_ONLY_TESTS= && cmake --build build/asan -j "$jobs" -t all_verify_interface_header_sets
}

# Sources that differ from main or, on main itself, from the commit before; a header stands for its source.
changed_sources() {
    local base
    base=$(git merge-base HEAD main 2>/dev/null || true)
    if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
        # A clone without history has nothing to compare with; --all looks at everything.
        base=$(git rev-parse -q --verify HEAD~1) || return 0
    fi
    # What has only moved, or differs in includes alone, was looked at before. A rename is two more names.
    git diff -M --numstat -z --diff-filter=d -I '^ *#include' "$base" -- src include tests |
        while IFS=$'\t' read -r -d '' added deleted path; do
            [ -n "$path" ] || { read -r -d '' _ && read -r -d '' path; }
            [ "$added$deleted" = 00 ] || echo "$path"
        done | sed -e 's,^include/elasticbot/\(.*\)\.hpp$,src/\1.cpp,' -e 's,\.hpp$,.cpp,'
}

run_tidy() {
    local sources
    configure asan -D ELASTICBOT_ONLY_TESTS= || return
    # Precompiled headers are inputs of the check; what the build stage made is there already.
    cmake --build build/asan -j "$jobs" >build/asan/tidy-build.log || { cat build/asan/tidy-build.log && return 1; }
    if [ $tidy_all = yes ]; then sources=$(git ls-files src tests); else sources=$(changed_sources); fi
    # Only what is compiled.
    sources=$(grep '\.cpp$' <<<"$sources" | sort -u | while IFS= read -r source; do
        ! grep -qF "\"file\": \"$PWD/$source\"" build/asan/compile_commands.json || echo "$source"
    done)
    [ -n "$sources" ] || return 0
    echo "$(wc -l <<<"$sources") sources"
    xargs -n 1 -P "$jobs" clang-tidy-19 --quiet -p build/asan <<<"$sources" 2>/dev/null
}

test_tsan() {
    configure tsan -D ELASTICBOT_ONLY_TESTS="$tsan_folders" &&
        cmake --build build/tsan -j "$jobs" --target tests &&
        run_tests tsan tsan
}

build_release() {
    configure release && cmake --build build/release -j "$jobs" && tests/lint/release.sh build/release/bin/elasticbot
}

! is_selected setup || stage setup deploy/setup.sh --test
! is_selected format || stage format check_format
is_built=yes
! is_selected build || stage build build_asan || is_built=no
for kind in "${kinds[@]}"; do
    if is_selected "$kind" && [ $is_built = yes ]; then stage "$kind" test_kind "$kind"; fi
done
! is_selected headers || stage headers check_headers
if is_selected tidy && [ $is_built = yes ]; then stage tidy run_tidy; fi
! is_selected tsan || stage tsan test_tsan
! is_selected release || stage release build_release

echo
printf '%s\n' "${summary[@]}"
if [ $skipped -gt 0 ]; then
    echo "skipped:"
    grep . <<<"$skip_reasons" | sort | uniq -c
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
