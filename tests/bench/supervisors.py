#!/usr/bin/python3
"""Supervisors against each other and against the floor: start, stop, respawn, memory, idle, status.

    supervisors.py BIN_DIR [--runs 5] [--counts 3,100,1000] [--idle 20] [--only elasticbot,runit]

Prints markdown tables for docs/benchmarks.md. BIN_DIR holds elasticbot, bench_child and bench_floor of a release build
made with -DELASTICBOT_BUILD_BENCHES=ON.
"""

import argparse
import subprocess
import sys
import time

import harness
from harness import median, number, percentile, table


def start_and_stop(bench, kinds, counts, runs):
    """All counts of all supervisors, runs interleaved, so that a slow minute of the machine hits all alike."""
    starts, stops = {}, {}
    for count in counts:
        for _ in range(runs):
            for kind in kinds:
                supervisor = kind(bench, count)
                starts.setdefault((kind, count), []).append(supervisor.start())
                time.sleep(0.5 + count / 500)  # Not in the middle of its own bookkeeping.
                stops.setdefault((kind, count), []).append(supervisor.stop())
    for title, measured in (("Start of all, ms", starts), ("Stop of all, ms", stops)):
        rows = [
            [kind.name, *(number(median(measured[kind, count])) for count in counts)] for kind in kinds
        ]
        print(table(title, ["", *(str(count) for count in counts)], rows), flush=True)


def respawn(bench, kinds, children):
    rows = []
    for kind in kinds:
        supervisor = kind(bench, children)
        supervisor.start()
        time.sleep(2.5)  # A program that dies younger than this has not been running. (decision 18)
        times = []
        # Some wait a second before each restart: what is to be seen is seen after thirty of those.
        end = time.monotonic() + 30
        for index in range(children):
            times.append(supervisor.kill_and_await(index))
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        supervisor.stop()
        rows.append(
            [kind.name, number(median(times)), number(percentile(times, 0.99)), str(len(times))]
        )
    print(table("Crash to respawn, ms", ["", "p50", "p99", "kills"], rows), flush=True)


def footprint(bench, kinds, counts, idle):
    rows = []
    for kind in kinds:
        row = [kind.name]
        for count in counts:
            supervisor = kind(bench, count)
            supervisor.start()
            time.sleep(3)
            pids = supervisor.own_pids()
            row.append(f"{harness.pss_kb(pids) / 1024:,.1f}")
            if count == counts[0]:
                cpu, switches = harness.cpu_ms(pids), harness.wake_ups(pids)
                time.sleep(idle)
                idle_cells = [
                    number(harness.cpu_ms(pids) - cpu), str(harness.wake_ups(pids) - switches)
                ]
            supervisor.stop()
        rows.append([*row, *idle_cells])
    header = ["", *(f"PSS MB, {count}" for count in counts)]
    header += [f"CPU ms in {idle} s, {counts[0]}", f"wake-ups in {idle} s"]
    print(table("Supervisor alone", header, rows), flush=True)


def status(bench, kinds, counts):
    rows = []
    for kind in kinds:
        cells = []
        for count in counts:
            supervisor = kind(bench, count)
            supervisor.start()
            time.sleep(2)
            command = supervisor.status_command()
            if command is None:
                cells.append(None)
            else:
                timed = subprocess.run(
                    [bench.child, "time", "21", *command],
                    check=True, capture_output=True, text=True,
                )
                cells.append(median([int(line) / 1e6 for line in timed.stdout.split()]))
            supervisor.stop()
        if any(cell is not None for cell in cells):
            rows.append([kind.name, *(number(cell) for cell in cells)])
    print(table("`status` as a command, ms", ["", *(str(count) for count in counts)], rows), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--counts", default="3,100,1000")
    parser.add_argument("--idle", type=int, default=20)
    parser.add_argument("--only", default="", help="names of supervisors")
    options = parser.parse_args()
    counts = [int(count) for count in options.counts.split(",")]
    bench = harness.Bench(options.bin_dir)
    try:
        kinds = harness.installed(bench)
        if options.only:
            kinds = [kind for kind in kinds if kind.name.split()[0] in options.only.split(",")]
        for kind in harness.ALL:
            if kind not in kinds:
                print(f"not measured: {kind.name}", file=sys.stderr)
        start_and_stop(bench, kinds, counts, options.runs)
        respawn(bench, kinds, 100)
        footprint(bench, kinds, [count for count in counts if count != 100] or counts, options.idle)
        status(bench, kinds, counts)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
