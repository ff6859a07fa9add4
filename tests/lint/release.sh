#!/usr/bin/env bash
# tests/lint/release.sh PROGRAM: what only the release binary can get wrong, since the sanitizer builds are linked otherwise.
set -euo pipefail

fail() {
    echo "$1: $2" >&2
    exit 1
}

# Every other library is loaded late or linked statically. (docs/decisions/0001-lazy-libraries.md)
allowed='libc.so.6|libm.so.6|libgcc_s.so.1|ld-linux-.*|libz.so.1'
needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
grep -qx libc.so.6 <<<"$needed" || fail "$1" "names no libraries: is it the release binary?"
others=$(grep -vxE "$allowed" <<<"$needed" || true)
[ -z "$others" ] || fail "$1" "needs ${others//$'\n'/ } when it starts"

# An exception of libdate-tz, which has a C++ library of its own, arrives in our code.
code=0
output=$(env -i PATH="$PATH" TIME_ZONE=Nowhere/Land PORT=1 DATABASE_URL=postgres://nobody@127.0.0.1:1/none \
    REDIS_URL=redis://127.0.0.1:1/0 "$1" web 2>&1) || code=$?
if [ $code -ne 78 ] || ! grep -q 'no zone has this name' <<<"$output"; then
    fail "$1" "ends with $code, not 78, where the time zone is wrong: $output"
fi
