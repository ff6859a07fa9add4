#!/usr/bin/env bash
# Builds the image as a container builder would, runs it as PID 1, and checks what the Dockerfile promises.
# By hand, as root; needs no Docker engine (deploy/setup.sh --image). Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

usage() {
    cat <<'END'
Usage: tests/image.sh [--folder FOLDER] [--no-build]

  --folder FOLDER  where base, storage and logs are kept (default: build/image)
  --no-build       test the image that is there
The image is made of the last commit; the base is a Debian 12 made by debootstrap once.
END
}

folder=$PWD/build/image
build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --folder) folder=$(realpath -m "${2:?--folder needs a path}") && shift ;;
        --no-build) build=no ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift
done
[ "$(id -u)" -eq 0 ] || { echo "image: cannot make file systems: needs root" >&2 && exit 77; }
mkdir -p "$folder"

base=docker.io/library/debian:bookworm-slim
image=localhost/elasticbot
storage=(--root "$folder/storage" --runroot "$folder/run" --storage-driver vfs)
port=8124
postgres_port=8125
redis_port=8126
market_port=8127

passed=0
failed=0
step() {
    local text=$1 began=$SECONDS
    shift
    "$@" || { echo "image: cannot go on: $text failed" && exit 1; }
    echo "image: $text ($((SECONDS - began)) s)"
}
# check TEXT COMMAND …
check() {
    local text=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $text"
    else
        failed=$((failed + 1))
        echo "FAILED  $text"
    fi
}

podman() { command podman "${storage[@]}" --cgroup-manager cgroupfs --events-backend file "$@"; }
# Limits as a container gets them; podman would ask for more than this machine may give.
run=(run --runtime runc --network host --ulimit nofile=1024:20000 --ulimit nproc=4096:4096 --no-healthcheck)

make_base() {
    local root=$folder/base mirror file
    mirror=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1 || true)
    rm -rf "$root"
    debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$folder/debootstrap.log" || return
    rm -f "$root/etc/apt/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.* /etc/apt/apt.conf.d/*proxy*; do
        [ ! -e "$file" ] || cp "$file" "$root$file"
    done
    # What makes the base slim.
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/locale/* "$root"/usr/share/man/*
    tar -C "$root" -cf "$folder/base.tar" . && rm -rf "$root" && podman import -q "$folder/base.tar" $base >/dev/null
}

build_image() {
    local target=$1 name=$2
    # `docker` format: the other one has no HEALTHCHECK.
    buildah "${storage[@]}" bud --isolation chroot --pull-never --layers --format docker ${target:+--target "$target"} \
        --build-arg VERSION="$(sed -n 's/^project(elasticbot VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" \
        --build-arg REVISION="$(git rev-parse HEAD)" \
        --build-arg CREATED="$(git log -1 --format=%cI)" \
        -t "$name" "$folder/context" >"$folder/build.log" 2>&1 || { tail -30 "$folder/build.log" && return 1; }
}

context() {
    git rev-parse HEAD >"$folder/revision"
    rm -rf "$folder/context" && mkdir "$folder/context" && git archive HEAD | tar -x -C "$folder/context"
}

prints() { podman "${run[@]}" --rm "$@" >/dev/null; }
property() { podman image inspect --format "$1" $image; }
is() { [ "$1" = "$2" ] || { echo "        expected '$2', got '$1'" && return 1; }; }
at_most() { [ "$1" -le "$2" ] || { echo "        expected at most $2, got $1" && return 1; }; }

# Reads a tar of the image's root file system.
no_setuid_file() {
    local found
    found=$(tar -tvf "$folder/root.tar" | awk '$1 ~ /^-..[sS]|^-.....[sS]/')
    [ -z "$found" ] || { echo "$found" && return 1; }
}

# Servers on loopback ports, in a folder that their users can reach.
services=$(mktemp -d)
chmod 755 "$services"
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }
postgres=/usr/lib/postgresql/15/bin

start_services() {
    install -d -o postgres "$services/postgres" && install -d -o redis "$services/redis" && cd "$services" || return
    as postgres $postgres/initdb -D postgres/data -U elasticbot --auth=trust --no-sync --no-instructions \
        --encoding=UTF8 --locale=C.UTF-8 >"$folder/initdb.log" || return
    as postgres $postgres/pg_ctl -D postgres/data -w -l postgres/log start >"$folder/pg_ctl.log" \
        -o "-p $postgres_port -k $services/postgres -c listen_addresses=127.0.0.1 -c fsync=off" || return
    as postgres createdb -h 127.0.0.1 -p $postgres_port -U elasticbot elasticbot || return
    as redis redis-server --port $redis_port --bind 127.0.0.1 --save '' --daemonize yes --dir "$services/redis" >/dev/null
}

stop_services() {
    redis-cli -p $redis_port shutdown nosave 2>/dev/null
    as postgres $postgres/pg_ctl -D "$services/postgres/data" -m fast -w stop >/dev/null 2>&1
    rm -rf "$services"
}

settings=(-e "PORT=$port" -e "DATABASE_URL=postgres://elasticbot@127.0.0.1:$postgres_port/elasticbot"
    -e "REDIS_URL=redis://127.0.0.1:$redis_port/0" -e SECRET_KEY=only-for-this-test)

# Runs `up` with the options given, waits until it is healthy, looks at it, stops it.
runs_and_stops() {
    local code=0 began i
    podman rm -f -i elasticbot-test >/dev/null
    podman "${run[@]}" --name elasticbot-test -d "${settings[@]}" "$@" $image >/dev/null || return
    for ((i = 0; i < 60; i++)); do
        ! curl -fsS -o /dev/null "http://127.0.0.1:$port/health/" 2>/dev/null || break
        sleep 1
    done
    if [ $i -eq 60 ]; then
        echo "        not healthy after 60 s:"
        podman logs --tail 30 elasticbot-test
        podman rm -f elasticbot-test >/dev/null
        return 1
    fi
    podman exec elasticbot-test /usr/bin/elasticbot healthcheck >/dev/null || { echo "        healthcheck: $?" && code=1; }
    podman top elasticbot-test pid args | grep -qE '^1 +/usr/bin/elasticbot up' || { echo "        PID 1 is not 'up'" && code=1; }
    began=$SECONDS
    podman stop -t 30 elasticbot-test >/dev/null
    at_most $((SECONDS - began)) 26 || code=1
    is "$(podman inspect --format '{{.State.ExitCode}}' elasticbot-test)" 0 || code=1
    podman logs elasticbot-test 2>&1 | grep -v '^{' | head -3 | sed 's/^/        not JSON: /' | grep . && code=1
    podman rm -f elasticbot-test >/dev/null
    return $code
}

# The page goes through the libraries that the image has in a form of its own.
reads_html() {
    local url=http://127.0.0.1:$market_port code=0
    podman "${run[@]}" --name elasticbot-market -d $image simulate-market --port $market_port >/dev/null || return
    until curl -fsS -o /dev/null "$url/" 2>/dev/null; do sleep 0.2; done
    podman "${run[@]}" --rm "${settings[@]}" -e "BCB_BASE_URL=$url" -e "BCB_URL=$url" $image run fetch_bcb_exchange_rate \
        >"$folder/run.log" 2>&1 || { tail -5 "$folder/run.log" && code=1; }
    podman rm -f elasticbot-market >/dev/null
    return $code
}

podman image exists $base || step "made the base" make_base
if [ $build = yes ]; then
    context
    step "built the image" build_image "" $image
    step "built the target debian" build_image debian $image-debian
fi

container=$(podman create --no-healthcheck $image)
podman export -o "$folder/root.tar" "$container" && podman rm "$container" >/dev/null
size=$(stat -c %s "$folder/root.tar")
compressed=$(gzip -6 -c "$folder/root.tar" | wc -c)
echo "image: $((size / 1000000)) MB, compressed $((compressed / 1000000)) MB"

check "is at most 55 MB" at_most "$size" 55000000
check "is at most 20 MB compressed" at_most "$compressed" 20000000
check "has no setuid file" no_setuid_file
check "runs as 10001:10001" is "$(property '{{.Config.User}}')" 10001:10001
check "starts the program directly" is "$(property '{{.Config.Entrypoint}} {{.Config.Cmd}}')" "[/usr/bin/elasticbot] [up]"
check "is stopped by SIGTERM" is "$(property '{{.Config.StopSignal}}')" SIGTERM
check "exposes 8000" is "$(property '{{.Config.ExposedPorts}}')" "map[8000/tcp:{}]"
check "names its health check" is "$(property '{{.Config.Healthcheck.Test}}')" "[CMD /usr/bin/elasticbot healthcheck]"
check "has its revision as a label" is "$(property '{{index .Config.Labels "org.opencontainers.image.revision"}}')" \
    "$(cat "$folder/revision")"
check "prints its help" prints $image --help
check "answers to manage.py" prints --entrypoint '["python", "manage.py", "--help"]' $image
if [ $build = yes ]; then
    check "prints its help on Debian" prints $image-debian --help
fi

trap stop_services EXIT
if start_services; then
    check "runs as it is" runs_and_stops
    check "reads a page of the central bank" reads_html
    check "runs read-only, without capabilities, as any user" runs_and_stops --read-only --read-only-tmpfs=false \
        --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --user 54321:0
    check "runs as root" runs_and_stops --user 0:0
else
    check "PostgreSQL and Redis start" false
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
