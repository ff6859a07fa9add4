#!/usr/bin/env bash
# Checks with docker-compose what deploy/compose.yaml starts without a profile, and what stands behind one. Needs no engine.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v docker-compose >/dev/null || { echo "compose: cannot find docker-compose: run deploy/setup.sh --test" >&2 && exit 1; }
# docker-compose itself checks the file; its answer is in a form that it has made plain. (`config --services` of version 1
# also names what a profile hides.)
resolved=$(env -u PORT -u COMPOSE_PROFILES docker-compose -f deploy/compose.yaml config)

/usr/bin/python3 - "$resolved" <<'END'
import sys

import yaml

services = yaml.safe_load(sys.argv[1])["services"]
failures = 0


def expect_equal(what, actual, expected):
    global failures
    if actual != expected:
        print(f"deploy/compose.yaml: {what}: expected {expected}, got {actual}")
        failures += 1


expect_equal(
    "services without a profile",
    sorted(name for name, service in services.items() if not service.get("profiles")),
    ["beat", "migrate", "postgres", "redis", "web", "worker"],
)
expect_equal("profiles of all-in-one", services["all-in-one"].get("profiles"), ["all-in-one"])
# A service that is named starts with what it depends on, and nothing else.
expect_equal("needs of all-in-one", sorted(services["all-in-one"]["depends_on"]), ["postgres", "redis"])
for role in "web", "worker", "beat":
    expect_equal(f"command of {role}", services[role]["command"], ["up", "--only", role])
sys.exit(1 if failures else 0)
END
