#!/usr/bin/env bash
# tests/lint/needed.sh PROGRAM: fails if the program needs a shared library when it starts that it should load late or
# hold itself. (docs/decisions/0001-lazy-libraries.md)
set -euo pipefail

allowed='libc.so.6|libm.so.6|ld-linux-.*|libz.so.1'
needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
others=$(grep -vxE "$allowed" <<<"$needed" || true)
[ -z "$others" ] || {
    echo "$1 needs ${others//$'\n'/ }" >&2
    exit 1
}
