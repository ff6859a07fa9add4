#!/usr/bin/env bash
# Installs what elasticbot needs on Debian 12, from Debian's own packages. Says nothing when nothing is missing.
set -euo pipefail

usage() {
    cat <<'END'
Usage: deploy/setup.sh [--runtime] [--build] [--test] [--bench] [--image] [--replace] [--list]

Installs Debian packages, as root or through sudo. Without a group: --build --runtime --test.
  --runtime   what the built program loads, curl to ask it, PostgreSQL and Redis for `elasticbot up` without either
  --build     compiler, linker, CMake and the libraries' headers
  --test      what tests/run.sh needs besides: GoogleTest, clang-tidy, a Celery to talk to
  --bench     the peers that tests/bench measures against
  --image     what builds and runs the container image without a Docker engine
  --replace   allow that installed packages are removed (libboost-dev, which is 1.74, excludes 1.81)
  --list      print the packages and install nothing

PostgreSQL and Redis are installed as programs only: no database cluster is made, and a service that the installation
starts is stopped again. Services that were there before are left alone.
END
}

# shellcheck disable=SC2034 # All five are read through the name of their group.
{
    runtime=(libpq5 libcurl4 libxml2 libssl3 libdate-tz3 zlib1g tzdata ca-certificates curl postgresql-15
        redis-server procps)
    build=(clang-19 lld-19 llvm-19 libclang-rt-19-dev libstdc++-12-dev cmake ninja-build ccache pkg-config git
        libboost1.81-dev libboost-filesystem1.81-dev libboost-system1.81-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
        libpqxx-dev libpq-dev libhiredis-dev libcli11-dev libtomlplusplus-dev libcurl4-openssl-dev libxml2-dev libssl-dev
        libexpat1-dev libhowardhinnant-date-dev libbrotli-dev zlib1g-dev)
    test=(libgtest-dev libgmock-dev clang-format-19 clang-tidy-19 postgresql-15 redis-server pgbouncer
        python3-minimal supervisor celery python3-celery python3-redis python3-django-celery-beat gunicorn
        python3-psycopg2 docker-compose curl procps)
    bench=(supervisor s6 runit wrk libbenchmark-dev curl procps)
    image=(buildah podman runc debootstrap)
}

fail() {
    echo "setup: $*" >&2
    exit 1
}

# Milliseconds since some fixed moment.
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# step TEXT COMMAND…: runs the command; one line with its duration, and its output only if it fails.
step() {
    local text=$1 began log
    shift
    began=$(now_ms)
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
    local ms=$(($(now_ms) - began))
    printf 'setup: %s (%d.%d s)\n' "$text" $((ms / 1000)) $((ms % 1000 / 100))
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env "$@"
    else
        sudo -n env "$@"
    fi
}

# RUNLEVEL=1: init scripts are not started on machines without systemd.
apt() { as_root DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 LC_ALL=C apt-get -q -y -o Dpkg::Use-Pty=0 "$@"; }

# Prints those of the packages that are not installed.
missing_of() {
    local installed
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
    printf '%s\n' "$@" | sort -u | grep -vxF -f <(echo "$installed") || true
}

groups=()
replace=no
list=no
for argument in "$@"; do
    case $argument in
        --runtime | --build | --test | --bench | --image) groups+=("${argument#--}") ;;
        --replace) replace=yes ;;
        --list) list=yes ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
[ ${#groups[@]} -gt 0 ] || groups=(build runtime test)
# The tests build, and run what they built.
[[ " ${groups[*]} " != *" test "* ]] || groups+=(build runtime)

wanted=()
for group in "${groups[@]}"; do
    declare -n packages=$group
    wanted+=("${packages[@]}")
done
if [ $list = yes ]; then
    printf '%s\n' "${wanted[@]}" | sort -u
    exit 0
fi

command -v apt-get >/dev/null || fail "cannot install packages: this is not Debian (see --list for what is needed)"
mapfile -t missing < <(missing_of "${wanted[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
    fail "cannot install ${missing[*]}: run as root, or as a user whose sudo asks no password"
fi
echo "setup: missing packages: ${missing[*]}"
# A source that does not answer is no reason to stop: the lists that are there may do.
step "package lists updated" apt update || echo "setup: cannot update all package lists; going on with what is there"

removed=$(apt -s install --no-install-recommends "${missing[@]}" | sed -n 's/^Remv \([^ ]*\).*/\1/p' | paste -sd' ')
if [ -n "$removed" ] && [ $replace = no ]; then
    fail "cannot install without removing $removed (Boost 1.74 and 1.81 exclude each other); run with --replace to allow it"
fi

# No cluster of PostgreSQL's own: it would take a port and be started with the machine.
no_cluster=/etc/postgresql-common/createcluster.d/elasticbot.conf
if [[ " ${missing[*]} " == *" postgresql-15 "* ]] && [ ! -e $no_cluster ]; then
    as_root mkdir -p "${no_cluster%/*}"
    echo "create_main_cluster = false" | as_root tee $no_cluster >/dev/null
    trap 'as_root rm -f "$no_cluster"' EXIT
fi
# Completes an installation that was interrupted; otherwise nothing.
as_root DEBIAN_FRONTEND=noninteractive dpkg --configure -a >/dev/null || fail "cannot complete an earlier installation"
step "packages installed" apt install --no-install-recommends "${missing[@]}" ||
    fail "cannot install the packages; the reason stands above"
for service in redis-server pgbouncer; do
    if [[ " ${missing[*]} " == *" $service "* ]] && [ -d /run/systemd/system ]; then
        step "stopped the service $service that was installed" as_root systemctl disable --now $service || true
    fi
done
