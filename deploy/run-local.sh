#!/usr/bin/env bash
# Installs what is missing, builds elasticbot and runs everything on this machine until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'END'
Usage: deploy/run-local.sh [--demo] [OPTION OF `elasticbot up` …]

Without DATABASE_URL and REDIS_URL a private PostgreSQL and Redis are started too; their data stay in ./.elasticbot.
  --demo    a simulated market in place of the real one, and 90 days of history: the API has something to show
            without internet. Every row is marked as simulated.

Variables: PORT (8000), ELASTICBOT_STATE_DIR (./.elasticbot), JOBS (compilers at once, 2).
END
}

demo=no
case ${1:-} in
    -h | --help)
        usage
        exit 0
        ;;
    --demo)
        demo=yes
        shift
        ;;
esac

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# step TEXT COMMAND…: runs the command quietly; one line with its duration, its output only if it fails.
step() {
    local text=$1 began log ms
    shift
    began=$(now_ms)
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        rm -f "$log"
        echo "run-local: $text failed" >&2
        exit 1
    fi
    rm -f "$log"
    ms=$(($(now_ms) - began))
    printf 'run-local: %s (%d.%d s)\n' "$text" $((ms / 1000)) $((ms % 1000 / 100))
}

build() {
    # Configuring again is needed only when a build file is newer, which ninja finds by itself.
    [ -f build/release/build.ninja ] || cmake --preset release
    ninja -C build/release -j "${JOBS:-2}" elasticbot
}

deploy/setup.sh --build --runtime
step "built build/release/bin/elasticbot" build

elasticbot=$PWD/build/release/bin/elasticbot
port=${PORT:-8000}
export ELASTICBOT_STATE_DIR=${ELASTICBOT_STATE_DIR:-$PWD/.elasticbot}
market=
watcher=

finish() {
    # Only what this script started.
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
    [ -z "$market" ] || kill "$market" 2>/dev/null || true
}
trap finish EXIT

if [ "$demo" = yes ]; then
    market_port=$((port + 1))
    "$elasticbot" simulate-market --port "$market_port" >"${TMPDIR:-/tmp}/elasticbot-market-$$.log" 2>&1 &
    market=$!
    export BINANCE_P2P_API_URL=http://127.0.0.1:$market_port/bapi/c2c/v2/friendly/c2c/adv/search
    export ELASTICBOT_SIMULATED_MARKET=true
    echo "run-local: a simulated market answers on port $market_port; every row is marked as simulated"
fi

# Says where to look as soon as there is something to see; `up` itself stays in the foreground.
announce() {
    until "$elasticbot" healthcheck --ready >/dev/null 2>&1; do sleep 0.2; done
    if [ "$demo" = yes ]; then
        step "wrote 90 days of simulated history" "$elasticbot" seed-demo
    fi
    cat <<END

The API answers at http://localhost:$port/api/v1/market-data/latest/   (Ctrl-C stops everything)
Try next, in another terminal:
  curl http://localhost:$port/health/detailed/
  ELASTICBOT_STATE_DIR=$ELASTICBOT_STATE_DIR $elasticbot status
  ELASTICBOT_STATE_DIR=$ELASTICBOT_STATE_DIR $elasticbot run_scraper

END
}
announce &
watcher=$!

# Not exec: the simulated market ends with it. The terminal sends Ctrl-C to both; `up` decides when it is over.
trap : INT TERM
code=0
"$elasticbot" up "$@" &
up=$!
# A TERM to this script alone has to reach `up`; a trapped signal ends `wait` early.
trap 'kill -TERM $up 2>/dev/null || true' TERM
while kill -0 "$up" 2>/dev/null; do
    code=0
    wait "$up" || code=$?
done
exit "$code"
