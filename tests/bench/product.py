#!/usr/bin/python3
"""The whole product, services reachable and schema present: up to the first 200 on /health/, and memory when idle.

    DATABASE_URL=... REDIS_URL=... product.py BIN_DIR [--runs 5] [--settle 20]

Run `elasticbot migrate` on that database before.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import harness
from harness import median, number, table

POLL_INTERVAL = 0.002


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers_200(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def run_once(bench, settle):
    port = free_port()
    with tempfile.TemporaryDirectory(dir=bench.root) as folder:
        environment = dict(os.environ, PORT=str(port), ELASTICBOT_STATE_DIR=folder)
        began = time.monotonic()
        with open(f"{folder}/log", "wb") as log:
            up = subprocess.Popen(
                [bench.elasticbot, "up", "--socket", f"{folder}/control.sock"],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
            )
        while not answers_200(port):
            if up.poll() is not None or time.monotonic() - began > harness.TIMEOUT:
                with open(f"{folder}/log", encoding="utf-8", errors="replace") as log:
                    sys.exit(f"elasticbot up did not answer:\n{log.read()[-3000:]}")
            time.sleep(POLL_INTERVAL)
        first_answer = (time.monotonic() - began) * 1000
        time.sleep(settle)
        pids = harness.descendants(up.pid)
        memory = {}
        for pid in pids:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            role = words[1].decode(errors="replace") if len(words) > 1 else "?"
            memory[role] = memory.get(role, 0) + harness.pss_kb([pid]) / 1024
        stopped = time.monotonic()
        up.send_signal(signal.SIGTERM)
        code = up.wait(timeout=60)
        return first_answer, memory, (time.monotonic() - stopped) * 1000, code


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--settle", type=float, default=20)
    options = parser.parse_args()
    bench = harness.Bench(options.bin_dir)
    try:
        results = [
            run_once(bench, options.settle if index == 0 else 1) for index in range(options.runs)
        ]
    finally:
        bench.close()
    memory = results[0][1]
    rows = [
        ["from `elasticbot up` to the first 200 on /health/, ms", number(median([r[0] for r in results]))],
        ["PSS of all processes, idle, MB", f"{sum(memory.values()):.1f}"],
        *([f"… of which {role}", f"{size:.1f}"] for role, size in sorted(memory.items())),
        ["SIGTERM to the end, ms", number(median([r[2] for r in results]))],
        ["exit codes", ", ".join(str(code) for code in sorted({r[3] for r in results}))],
    ]
    print(table("The whole product", ["", ""], rows))


if __name__ == "__main__":
    main()
