#!/usr/bin/env bash
# Installs what is missing, builds elasticbot and runs everything on this machine until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'END'
Usage: deploy/run-local.sh [--demo] [OPTION OF `elasticbot up` …]

Without DATABASE_URL and REDIS_URL a private PostgreSQL and Redis are started too; their data stay in ./.elasticbot.
  --demo    a simulated market in place of the real one, and 90 days of history: the API has something to show
            without internet. Every row is marked as simulated, and kept apart in ./.elasticbot/demo.

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

fail() {
    echo "run-local: $*" >&2
    exit 1
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# `up` keeps a status line at the bottom of a terminal; what this script says takes its place.
clear_line() { [ ! -t 1 ] || printf '\r\033[K'; }

# step TEXT COMMAND…: runs the command quietly; one line with its duration, its output only if it fails.
step() {
    local text=$1 began log ms
    shift
    began=$(now_ms)
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        rm -f "$log"
        fail "cannot go on: $text failed, as shown above"
    fi
    rm -f "$log"
    ms=$(($(now_ms) - began))
    clear_line
    printf 'run-local: %s (%d.%d s)\n' "$text" $((ms / 1000)) $((ms % 1000 / 100))
}

build() {
    # Configuring again is needed only when a build file is newer, which ninja finds by itself.
    [ -f build/release/build.ninja ] || cmake --preset release
    ninja -C build/release -j "${JOBS:-2}" elasticbot
}

deploy/setup.sh --build --runtime
[ -x build/release/bin/elasticbot ] || echo "run-local: building; the first time takes several minutes"
step "built build/release/bin/elasticbot" build

elasticbot=$PWD/build/release/bin/elasticbot
# setting KEY: the value that holds, wherever it was given; "-" if nowhere.
setting() { "$elasticbot" config show 2>/dev/null | awk -v key="$1" '$1 == key { print $2 }'; }
port=$(setting web.port)
port=${port:-8000}
default_state_dir=$PWD/.elasticbot
# The demonstration keeps to itself: simulated rows do not get among real ones.
if [ "$demo" = yes ]; then
    for key in database.url redis.url redis.broker_url; do
        [ "$(setting $key)" = - ] || fail "cannot use $key for a demonstration, which needs services of its own: unset it"
    done
    default_state_dir+=/demo
fi
export ELASTICBOT_STATE_DIR=${ELASTICBOT_STATE_DIR:-$default_state_dir}
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
    mkdir -p "$ELASTICBOT_STATE_DIR"
    market_log=$ELASTICBOT_STATE_DIR/simulated-market.log
    "$elasticbot" simulate-market --port "$market_port" >"$market_log" 2>&1 &
    market=$!
    until grep -qs market.listening "$market_log"; do
        kill -0 "$market" 2>/dev/null || fail "cannot start the simulated market: $(tail -n 1 "$market_log")"
        sleep 0.05
    done
    market_url=http://127.0.0.1:$market_port
    # For `up`, and for the commands that are called beside it.
    demo_variables=$ELASTICBOT_STATE_DIR/variables
    cat >"$demo_variables" <<END
export ELASTICBOT_STATE_DIR=$ELASTICBOT_STATE_DIR
export ELASTICBOT_SIMULATED_MARKET=true
export BINANCE_P2P_API_URL=$market_url/bapi/c2c/v2/friendly/c2c/adv/search
export BCB_BASE_URL=$market_url
export BCB_URL=$market_url/librerias/indicadores/otras/ultimo.php
END
    # shellcheck disable=SC1090 # Written just now.
    . "$demo_variables"
    echo "run-local: a simulated market answers on port $market_port; every row is marked as simulated"
fi

# Says where to look, as soon as there is something to see; `up` itself stays in the foreground.
announce() {
    until "$elasticbot" healthcheck --ready >/dev/null 2>&1; do sleep 0.2; done
    if [ "$demo" = yes ]; then
        step "wrote 90 days of simulated history" "$elasticbot" seed-demo
    fi
    # Commands find the running `up` by the folder that they are called in, or by this variable.
    local prefix=
    if [ "$demo" = no ] && [ "$ELASTICBOT_STATE_DIR" != "$default_state_dir" ]; then
        prefix="ELASTICBOT_STATE_DIR=$ELASTICBOT_STATE_DIR "
    fi
    clear_line
    cat <<END

The API answers at http://localhost:$port/api/v1/market-data/   (Ctrl-C stops everything)
Try next, in another terminal, in $PWD:$([ "$demo" = no ] || printf '\n  . %s' "${demo_variables#"$PWD"/}")
  curl http://localhost:$port/health/detailed/
  ${prefix}build/release/bin/elasticbot status
  ${prefix}build/release/bin/elasticbot run_scraper   # a market snapshot now

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
