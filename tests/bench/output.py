#!/usr/bin/python3
"""How fast a program may talk: one that writes lines as fast as it can, under elasticbot and under supervisord.

    output.py BIN_DIR [--megabytes 200] [--runs 3]

Printed per supervisor: seconds until the program has got rid of its lines, seconds until the supervisor has passed the last
on, CPU seconds of the supervisor, and how many lines arrived. Both write to a file in memory; elasticbot wraps each line as
a JSON record, supervisord copies bytes.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness
from harness import cpu_ms, median, number, table

# Lines of 100 bytes, as programs write them: a buffer of 4 KiB at a time. Its end is a file, not a line.
WRITER = """
import os, sys
line = b"2026-01-02 10:00:00 request served in 12 ms " + b"x" * 55 + b"\\n"
block = line * 40
for _ in range(int(sys.argv[1]) // len(block)):
    view = memoryview(block)
    while view:
        view = view[os.write(1, view):]
open(sys.argv[2], "w").close()
import time
time.sleep(600)
"""
LINE_BYTES = 100


def elasticbot(bench, folder, command):
    (folder / "elasticbot.toml").write_text(
        f'[program.writer]\ncommand = {json.dumps(command)}\nready = "start"\nstart_seconds = "0s"\n', encoding="utf-8"
    )
    return [bench.elasticbot, "up", "--config", str(folder / "elasticbot.toml"), "--socket", str(folder / "socket")]


def supervisord(_bench, folder, command):
    (folder / "writer.sh").write_text("#!/bin/sh\nexec " + " ".join(command) + "\n", encoding="utf-8")
    (folder / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={folder}/pid\n"
        f"[program:writer]\ncommand=/bin/sh {folder}/writer.sh\nstartsecs=0\n"
        f"stdout_logfile={folder}/output\nstdout_logfile_maxbytes=0\n",
        encoding="utf-8",
    )
    return ["supervisord", "-c", str(folder / "supervisord.conf")]


def count_lines(path):
    with open(path, "rb") as file:
        return sum(block.count(b"request served") for block in iter(lambda: file.read(1 << 20), b""))


def run_once(bench, make_command, size):
    folder = pathlib.Path(tempfile.mkdtemp(dir=bench.root))
    (folder / "writer.py").write_text(WRITER, encoding="utf-8")
    done = folder / "done"
    writer = ["/usr/bin/python3", str(folder / "writer.py"), str(size), str(done)]
    environment = dict(os.environ, ELASTICBOT_STATE_DIR=str(folder / "state"))
    command = make_command(bench, folder, writer)
    output = folder / "output"
    with open(output, "ab") as file:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment)
    try:
        while not done.exists():
            if process.poll() is not None or time.monotonic() - began > harness.TIMEOUT:
                sys.exit(f"{command[0]} did not let the program finish:\n{output.read_text(errors='replace')[-2000:]}")
            time.sleep(0.005)
        written = time.monotonic() - began
        # Passed on is what has stopped growing; the moment is that of its last growth.
        length, grown = output.stat().st_size, time.monotonic()
        while time.monotonic() - grown < 1:
            time.sleep(0.005)
            if output.stat().st_size != length:
                length, grown = output.stat().st_size, time.monotonic()
        cpu = cpu_ms([process.pid]) / 1000
        return written, max(grown - began, written), cpu, count_lines(output)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    # In memory: the disk is not what is measured.
    tempfile.tempdir = "/dev/shm"
    bench = harness.Bench(options.bin_dir)
    size = options.megabytes * 1000000
    kinds = {"elasticbot": elasticbot, "supervisord": supervisord}
    figures = {name: [] for name in kinds}
    try:
        for _ in range(options.runs):
            for name, make_command in kinds.items():
                figures[name].append(run_once(bench, make_command, size))
    finally:
        bench.close()
    rows = []
    for name, measured in figures.items():
        written, passed, cpu, lines = (median(column) for column in zip(*measured))
        rows.append([
            name, number(written), number(passed), f"{options.megabytes / passed:,.0f}", number(cpu),
            f"{100 * lines * LINE_BYTES / size:.1f} %",
        ])
    header = ["", "written after, s", "passed on after, s", "MB/s", "CPU, s", "arrived"]
    print(table(f"{options.megabytes} MB of lines", header, rows))


if __name__ == "__main__":
    main()
