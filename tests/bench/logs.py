#!/usr/bin/python3
"""Log throughput: programs that write lines as fast as they can, under `elasticbot up -c`, supervisord, s6-log, cat and splice.

    logs.py BIN_DIR [--megabytes 2000] [--runs 3] [--children 1,4] [--only file,stdout,prefix]

Printed for one and four children, a line a write and blocks of lines, into files and to standard output (a file), as it is
and with a name before each line: MB/s from the start of the supervisor to the arrival of the last byte, and CPU seconds of
the supervisor for each GB. `cat` and `splice` copy a pipe into a file without a look at it, `paced` does so once in a
millisecond, so that one who writes line by line is not held up: the limits. BIN_DIR holds elasticbot and bench_writer of a
release build made with -DELASTICBOT_BUILD_BENCHES=ON.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness
from harness import median, number, table

LINE_BYTES = 100
SPLICE = "import os\nwhile os.splice(0, 1, 1 << 20): pass"
PACED = """
import fcntl, os, time
fcntl.fcntl(0, fcntl.F_SETPIPE_SZ, 1 << 20)
while data := os.read(0, 1 << 20):
    os.write(1, data)
    time.sleep(0.001)
"""
PREFIX_KEY = "prefix_lines=true\n"


class Run:
    """Programs, where their output arrives, and the processes that carry it."""

    def __init__(self, bench, children, mode, where, size):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.root))
        self.bench, self.children, self.mode, self.where, self.size = bench, children, mode, where, size
        self.output = self.folder / "output"
        self.processes, self.carriers = [], []

    def writer(self, index):
        return [str(self.bench.bin / "bench_writer"), str(self.size // self.children), self.mode, str(self.folder / f"done{index}")]

    def files(self):
        return [self.folder / f"c{index}.log" for index in range(self.children)] if self.where == "file" else [self.output]

    def popen(self, command, **streams):
        self.processes.append(subprocess.Popen(command, cwd=self.folder, **streams))
        return self.processes[-1]

    def arrived(self):
        return sum(file.stat().st_size for file in self.files() if file.exists())

    def expected(self, prefix):
        """Bytes that each child writes (whole pieces), and the prefixes."""
        piece = LINE_BYTES if self.mode == "line" else 65536 // LINE_BYTES * LINE_BYTES
        each = -(-(self.size // self.children) // piece) * piece
        return self.children * (each + (each // LINE_BYTES) * prefix)

    def measure(self, start, prefix):
        """MB/s and CPU seconds per GB."""
        expected = self.expected(prefix)
        began = time.monotonic()
        try:
            start(self)
            while self.arrived() < expected:
                if time.monotonic() - began > harness.TIMEOUT:
                    sys.exit(f"{start.__name__}: {self.arrived()} of {expected} bytes arrived\n{self.log()}")
                time.sleep(0.002)
            took = time.monotonic() - began
            cpu = harness.cpu_ms([carrier.pid for carrier in self.carriers]) / 1000
        finally:
            for process in self.processes:
                process.send_signal(signal.SIGTERM)
            for process in self.processes:
                process.wait()
            shutil.rmtree(self.folder)
        return self.size / took / 1e6, cpu / (self.size / 1e9)

    def log(self):
        return (self.folder / "errors").read_text(errors="replace")[-2000:] if (self.folder / "errors").exists() else ""

    def piped(self, command_of):
        """Each writer into a pipe that a process of its own reads."""
        for index in range(self.children):
            writer = self.popen(self.writer(index), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            path = self.files()[index if self.where == "file" else 0]
            with open(path, "wb" if self.where == "file" else "ab") as file:
                self.carriers.append(self.popen(command_of(index), stdin=writer.stdout, stdout=file))
            writer.stdout.close()

    def configuration(self, keys=""):
        """One supervisord.conf for both supervisors; they ignore the keys that are not theirs."""
        programs = "".join(
            f"[program:c{index}]\ncommand={' '.join(self.writer(index))}\nstartsecs=0\nstdout_logfile_maxbytes=0\n"
            f"stdout_logfile={self.files()[index] if self.where == 'file' else '/dev/stdout'}\n{keys}"
            for index in range(self.children)
        )
        path = self.folder / "supervisord.conf"
        path.write_text(
            "[supervisord]\nnodaemon=true\nsilent=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
            f"pidfile={self.folder}/pid\n{programs}", encoding="utf-8")
        return str(path)

    def supervised(self, command):
        with open(self.output, "wb") as output, open(self.folder / "errors", "wb") as errors:
            self.carriers.append(self.popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors))


def elasticbot(run):
    run.supervised([run.bench.elasticbot, "up", "-c", run.configuration()])


def elasticbot_prefix(run):
    run.supervised([run.bench.elasticbot, "up", "-c", run.configuration(PREFIX_KEY)])


def supervisord(run):
    run.supervised(["supervisord", "-c", run.configuration()])


def cat(run):
    run.piped(lambda _: ["cat"])


def splice(run):
    run.piped(lambda _: ["/usr/bin/python3", "-c", SPLICE])


def paced(run):
    run.piped(lambda _: ["/usr/bin/python3", "-c", PACED])


def s6_log_prefix(run):
    run.piped(lambda index: ["s6-log", "-b", f"pc{index} | ", "1"])


# Where it goes: (who carries it, what that puts before each line).
KINDS = {
    "file": [(elasticbot, ""), (supervisord, ""), (cat, ""), (splice, ""), (paced, "")],
    "stdout": [(elasticbot, ""), (supervisord, ""), (cat, ""), (paced, "")],
    "prefix": [(elasticbot_prefix, "c0 | "), (s6_log_prefix, "c0 | "), (paced, "")],
}
NEEDS = {"supervisord": "supervisord", "s6_log_prefix": "s6-log"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--children", default="1,4")
    parser.add_argument("--only", default=",".join(KINDS))
    options = parser.parse_args()
    # In memory: the disk is not what is measured.
    tempfile.tempdir = "/dev/shm"
    bench = harness.Bench(options.bin_dir)
    try:
        for what in options.only.split(","):
            rows = []
            for start, prefix in KINDS[what]:
                tool = NEEDS.get(start.__name__)
                if tool and not shutil.which(tool):
                    print(f"{tool} is not installed, and left out", file=sys.stderr)
                    continue
                row = [start.__name__.replace("_prefix", "").replace("_", "-")]
                for children in map(int, options.children.split(",")):
                    for mode in ("line", "block"):
                        figures = [
                            Run(bench, children, mode, "file" if what == "file" else "stdout", options.megabytes * 1000000)
                            .measure(start, len(prefix))
                            for _ in range(options.runs)
                        ]
                        rate, cpu = (median(column) for column in zip(*figures))
                        row += [f"{rate:,.0f}", number(cpu)]
                rows.append(row)
            header = [""]
            for children in options.children.split(","):
                for mode in ("a line a write", "blocks"):
                    header += [f"{children}, {mode}: MB/s", "CPU s/GB"]
            print(table({"file": "Into files", "stdout": "To standard output", "prefix": "With a name before each line"}[what],
                        header, rows))
    finally:
        bench.close()


if __name__ == "__main__":
    main()
