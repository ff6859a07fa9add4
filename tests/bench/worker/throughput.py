#!/usr/bin/env python3
"""Tasks per second of our worker and of Python Celery's prefork pool, in one run, with two executors each.

Usage: /usr/bin/python3 tests/bench/worker/throughput.py HARNESS [COUNT] [ROUNDS]
HARNESS: the program worker_harness of a build (use a release build for figures).
Each round fills a queue with COUNT tasks that do nothing, then starts the clock with the worker and stops it when all
results are stored. Printed: the median of the rounds. The worker's start is part of the time; see the second column.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

import redis
from celery import Celery

here = os.path.dirname(os.path.abspath(__file__))
celery_app = os.path.join(here, "..", "..", "support", "celery_app.py")


def wait_for(condition, limit=120.0):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the worker did not come to an end")
        time.sleep(0.002)


def one_round(command, socket, count):
    """Seconds from the first result to the last, and from start to the first."""
    queue = redis.Redis(unix_socket_path=socket, db=0)
    results = redis.Redis(unix_socket_path=socket, db=1)
    queue.flushall()
    url = f"redis+socket://{socket}?virtual_host="
    app = Celery("bench", broker=url + "0", backend=url + "1")
    for _ in range(count):
        app.send_task("elasticbot.debug.noop")
    began = time.monotonic()
    with open(os.devnull, "w") as nowhere:
        worker = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
    try:
        wait_for(lambda: results.dbsize() >= 1)
        first = time.monotonic()
        done_before = results.dbsize()
        wait_for(lambda: results.dbsize() >= count)
        return (count - done_before) / (time.monotonic() - first), first - began
    finally:
        worker.terminate()
        worker.wait()


def main():
    harness = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory(prefix="elasticbot-bench-") as folder:
        socket = os.path.join(folder, "redis.sock")
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no",
             "--logfile", os.path.join(folder, "redis.log")])
        try:
            wait_for(lambda: os.path.exists(socket))
            url = f"redis+socket://{socket}?virtual_host="
            commands = {
                "elasticbot": [harness, "worker", url + "0", f"results={url}1", "concurrency=2"],
                "celery prefork": ["/usr/bin/python3", celery_app, "worker", url + "0", url + "1", "2"],
            }
            print(f"{'worker':<16}{'tasks/s':>10}{'first result after':>22}")
            for name, command in commands.items():
                figures = [one_round(command, socket, count) for _ in range(rounds)]
                rate = statistics.median(rate for rate, _ in figures)
                start = statistics.median(start for _, start in figures)
                print(f"{name:<16}{rate:>10.0f}{start:>20.2f} s")
        finally:
            server.terminate()
            server.wait()


main()
