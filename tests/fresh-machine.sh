#!/usr/bin/env bash
# Tries the two commands of the README on a Debian 12 that has nothing of ours: deploy/run-local.sh and tests/run.sh.
# By hand, as root; takes long. The machine is a folder made by debootstrap, with processes and mounts of its own; the
# network is this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'END'
Usage: tests/fresh-machine.sh [--as-user] [--keep] [--folder FOLDER] [-- COMMAND …]

  --as-user        work as an ordinary user who may use sudo, not as root
  --keep           leave the folder for a look; by default it is removed
  --folder FOLDER  where the machine is made (default: a new folder under $TMPDIR); one that --keep left there is used
                   again, with what is installed on it
  -- COMMAND …     run this in the clone, in place of the two commands
END
}

user=root
keep=no
folder=
while [ $# -gt 0 ]; do
    case $1 in
        --as-user) user=dev ;;
        --keep) keep=yes ;;
        --folder) folder=${2:?--folder needs a path} && shift ;;
        --) shift && break ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift
done
[ "$(id -u)" -eq 0 ] || { echo "fresh-machine: cannot make a machine: needs root" >&2 && exit 77; }
[ -z "$(git status --porcelain)" ] || echo "fresh-machine: changes that are not committed are left out"

step() {
    local text=$1 began=$SECONDS
    shift
    "$@"
    echo "fresh-machine: $text ($((SECONDS - began)) s)"
}

# Removes the machine; its mounts went with the processes in it.
remove() { rm -rf --one-file-system "$folder"; }

folder=$(realpath -m "${folder:-$(mktemp -d)}")
[ $keep = yes ] || trap remove EXIT
mkdir -p "$folder"
machine=$folder/machine
if [ $user = root ]; then home=/root; else home=/home/$user; fi

make_machine() {
    local mirror packages=ca-certificates
    mirror=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1 || true)
    [ $user = root ] || packages+=,sudo
    debootstrap --variant=minbase --include=$packages bookworm "$machine" "${mirror:-http://deb.debian.org/debian}" \
        >"$folder/debootstrap.log" || { tail -20 "$folder/debootstrap.log" && return 1; }
    # The sources of Debian itself, with the mirrors that this machine uses.
    rm -f "$machine/etc/apt/sources.list"
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.* /etc/apt/apt.conf.d/*proxy*; do
        [ ! -e "$file" ] || cp "$file" "$machine$file"
    done
    cp /etc/resolv.conf "$machine/etc/resolv.conf"
    printf '127.0.0.1 localhost fresh\n::1 localhost fresh\n' >"$machine/etc/hosts"
    if [ $user != root ]; then
        chroot "$machine" useradd --create-home --shell /bin/bash $user
        echo "$user ALL=(ALL) NOPASSWD: ALL" >"$machine/etc/sudoers.d/$user"
    fi
}

clone() {
    rm -rf "$machine$home/elasticbot"
    git clone --quiet --no-hardlinks . "$machine$home/elasticbot"
    git -C "$machine$home/elasticbot" remote remove origin
    chroot "$machine" chown -R $user: "$home"
}

# inside COMMAND …: in the clone, with nothing of this shell's environment. Everything ends with the command.
inside() {
    # shellcheck disable=SC2016 # Expanded inside.
    unshare --mount --pid --fork --kill-child --uts --ipc bash -c '
        machine=$1 user=$2 home=$3
        shift 3
        mount -t proc proc "$machine/proc"
        mount --rbind /sys "$machine/sys"
        mount --rbind /dev "$machine/dev"
        hostname fresh
        exec chroot "$machine" setpriv --reuid "$user" --regid "$user" --init-groups \
            env -i HOME="$home" USER="$user" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            bash -c "cd ~/elasticbot && exec \"\$@\"" run "$@"
    ' inside "$machine" $user $home "$@"
}

# Starts the product as the README says, waits until it is healthy, and stops it.
# shellcheck disable=SC2016 # Expanded inside.
run_local='
    port=8123
    PORT=$port deploy/run-local.sh &
    started=$!
    for ((i = 0; i < 1800; i++)); do
        kill -0 $started 2>/dev/null || { wait $started; echo "run-local.sh ended by itself: $?"; exit 1; }
        ! curl -fsS -o /dev/null "http://127.0.0.1:$port/health/" 2>/dev/null || break
        sleep 1
    done
    echo "healthy after $i s"
    [ $i -lt 1800 ] || exit 1
    kill -TERM $started
    wait $started
'

[ -e "$machine/etc/hosts" ] || step "made a Debian 12" make_machine
step "cloned $(git rev-parse --short HEAD)" clone
if [ $# -gt 0 ]; then
    step "$*" inside "$@"
else
    step "deploy/run-local.sh" inside bash -c "$run_local"
    step "tests/run.sh" inside tests/run.sh
fi
