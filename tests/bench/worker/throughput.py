#!/usr/bin/python3
"""Tasks per second of our worker and of Python Celery's prefork pool, in one run, with two executors each.

    throughput.py BIN_DIR [--tasks 5000] [--rounds 3]

BIN_DIR holds bench_worker of a release build made with -DELASTICBOT_BUILD_BENCHES=ON. Each round fills a queue with tasks
that do nothing, starts the worker and waits until all results are stored; the rounds of the two alternate. The rate counts
from the first result to the last, so that the worker's start is not part of it; the second column shows that.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import redis
from celery import Celery

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent), str(here.parent.parent / "support")]
from harness import table  # noqa: E402 # Found by the line above.
from waiting import wait_for  # noqa: E402

PATIENCE = 600
INTERVAL = 0.01  # What is measured is rounded up to it.
CELERY_APP = here.parent.parent / "support" / "celery_app.py"


def one_round(name, command, socket, count):
    """Tasks per second from the first result to the last, and seconds from start to the first."""
    queue = redis.Redis(unix_socket_path=socket, db=0)
    results = redis.Redis(unix_socket_path=socket, db=1)
    queue.flushall()
    url = f"redis+socket://{socket}?virtual_host="
    app = Celery("bench", broker=url + "0", backend=url + "1")
    for _ in range(count):
        app.send_task("elasticbot.debug.noop")
    began = time.monotonic()
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"first result of {name}", lambda: results.dbsize() >= 1, PATIENCE, INTERVAL)
        first = time.monotonic()
        done_before = results.dbsize()
        wait_for(f"last result of {name}", lambda: results.dbsize() >= count, PATIENCE, INTERVAL)
        return (count - done_before) / (time.monotonic() - first), first - began
    finally:
        worker.terminate()
        worker.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eb-bench-") as folder:
        socket = os.path.join(folder, "redis.sock")
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no",
             "--logfile", os.path.join(folder, "redis.log")])
        try:
            wait_for("socket of Redis", lambda: os.path.exists(socket), 20)
            url = f"redis+socket://{socket}?virtual_host="
            bench_worker = str(options.bin_dir.resolve() / "bench_worker")
            commands = {
                "elasticbot": [bench_worker, "worker", url + "0", f"results={url}1", "concurrency=2"],
            }
            # All acknowledge late, as ours does. Celery's own prefetch is 4 per process; with 1, as ours has it, its
            # consumer waits between tasks.
            for prefetch in (1, 4):
                commands[f"Celery, prefork, prefetch {prefetch}"] = [
                    "/usr/bin/python3", str(CELERY_APP), "worker", url + "0", url + "1", "2",
                    f"--prefetch-multiplier={prefetch}",
                ]
            figures = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in commands.items():
                    figures[name].append(one_round(name, command, socket, options.tasks))
        finally:
            server.terminate()
            server.wait()
    rows = [
        [name, *(f"{statistics.median(column):,.{digits}f}" for column, digits in zip(zip(*measured), (0, 2)))]
        for name, measured in figures.items()
    ]
    print(table(f"{options.tasks:,} tasks that do nothing", ["", "tasks/s", "start to first result, s"], rows))


if __name__ == "__main__":
    try:
        main()
    except TimeoutError as late:
        sys.exit(str(late))
