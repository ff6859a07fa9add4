#!/usr/bin/python3
"""One supervisord.conf under supervisord and under `elasticbot up -c`: RPC, start and stop, memory, status.

    dropin.py BIN_DIR [--runs 3] [--counts 3,100,1000] [--seconds 10] [--only rpc,grace] [--kinds supervisord]

Prints markdown tables for docs/benchmarks.md. BIN_DIR holds elasticbot, bench_child and bench_rpc of a release build made
with -DELASTICBOT_BUILD_BENCHES=ON. The two run side by side or in turn, so that a slow minute of the machine hits both.
"""

import argparse
import subprocess
import sys
import time

import harness
import supervisors
from harness import DropIn, Supervisord, median, number, table

KINDS = [Supervisord, DropIn]
INFO = "supervisor.getAllProcessInfo"
SMALL_CALLS = ["supervisor.getState", "system.listMethods"]  # Their answer does not grow with the programs.
GRACE = 2
MANY = 8  # Clients at once: one alone mostly waits for two processes to be woken in turn.


class GroupEach:
    """Each program a group of its own, as a file without [group:x] has it: they stop one after the other."""

    def programs(self):
        return "".join(f"[program:c{index}]\n{self.common_keys()}" for index in range(self.count))


class Stubborn:
    """Programs that ignore TERM, and die of KILL when their grace period has passed."""

    child_words = ("stubborn",)
    program_keys = Supervisord.program_keys + f"stopwaitsecs={GRACE}\n"


def variant(kind, what, *mixins):
    return type(kind.__name__ + what, (*mixins, kind), {"name": f"{kind.name}, {what}"})


def ask(bench, supervisor, method, seconds, clients):
    """Calls per second, p50, p99 and worst in ms, CPU of the server in ms a call, bytes of an answer.

    Of several clients the sum of the first, and the worst of the times.
    """
    pids = supervisor.own_pids()
    cpu = harness.cpu_ms(pids)
    command = [bench.rpc, str(supervisor.rpc_socket), method, str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(clients)]
    told = [client.communicate()[0] for client in running]
    if any(client.returncode for client in running):
        sys.exit(f"{method} of {supervisor.name} failed")
    cpu = harness.cpu_ms(pids) - cpu
    calls, took, p50, p99, worst, size = zip(*(map(float, one.split()) for one in told))
    rate = sum(made / within for made, within in zip(calls, took))
    return rate, max(p50) / 1e6, max(p99) / 1e6, max(worst) / 1e6, cpu / sum(calls), size[0]


def rpc(bench, kinds, options):
    figures = {}
    for count in options.counts:
        methods = [(INFO, 1), (INFO, MANY), *((method, 1) for method in SMALL_CALLS if count == options.counts[0])]
        running = [kind(bench, count) for kind in kinds]
        for supervisor in running:
            supervisor.start()
        time.sleep(1 + count / 500)  # Not in the middle of its own bookkeeping.
        for method, clients in methods:
            for _ in range(options.runs):
                for supervisor in running:
                    figures.setdefault((method, clients, count, supervisor.name), []).append(
                        ask(bench, supervisor, method, options.seconds, clients))
        for supervisor in running:
            supervisor.stop()
    rows = []
    for (method, clients, count, name), measured in figures.items():
        columns = [median(column) for column in zip(*measured)]
        rows.append([method, str(clients), str(count), name, *map(number, columns[:5]), f"{columns[5]:,.0f}"])
    header = ["", "clients", "programs", "", "calls/s", "p50, ms", "p99, ms", "worst, ms", "CPU, ms a call", "bytes"]
    print(table("One call after the other, each client over one connection", header, rows), flush=True)


def start_and_stop(bench, kinds, options):
    kinds = [kind for pair in zip(kinds, [variant(kind, "a group each", GroupEach) for kind in kinds]) for kind in pair]
    supervisors.start_and_stop(bench, kinds, options.counts, options.runs)


def footprint(bench, kinds, options):
    supervisors.footprint(bench, kinds, [options.counts[0], options.counts[-1]], options.idle)


def status(bench, kinds, options):
    supervisors.status(bench, kinds, options.counts)


def grace(bench, kinds, options):
    """In one group all grace periods run at once; with a group each they add up, so fewer programs tell as much."""
    rows = []
    for kind in kinds:
        cells = []
        for count, mixins in ((options.stubborn, ()), (options.stubborn // 10, (GroupEach,))):
            times = []
            for _ in range(options.runs if not mixins else 1):
                supervisor = variant(kind, "stubborn", *mixins, Stubborn)(bench, count)
                supervisor.start()
                time.sleep(1)
                times.append(supervisor.stop() / 1000)
            cells.append(f"{median(times):.2f}")
        rows.append([kind.name, *cells])
    header = ["", f"{options.stubborn} in one group", f"{options.stubborn // 10}, a group each"]
    print(table(f"Stop of programs that ignore TERM (stopwaitsecs={GRACE}), s", header, rows), flush=True)


MEASUREMENTS = {"rpc": rpc, "start": start_and_stop, "footprint": footprint, "status": status, "grace": grace}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--counts", type=lambda text: [int(count) for count in text.split(",")], default=[3, 100, 1000])
    parser.add_argument("--seconds", type=float, default=10, help="of calls, for each figure")
    parser.add_argument("--idle", type=int, default=20)
    parser.add_argument("--stubborn", type=int, default=100, help="programs that ignore TERM")
    parser.add_argument("--only", default=",".join(MEASUREMENTS), help="some of " + ",".join(MEASUREMENTS))
    parser.add_argument("--kinds", default="supervisord,elasticbot")
    options = parser.parse_args()
    bench = harness.Bench(options.bin_dir)
    try:
        kinds = [kind for kind in KINDS if kind.name.split()[0] in options.kinds.split(",")]
        for kind in list(kinds):
            if not kind.is_installed(bench):
                print(f"not measured: {kind.name}", file=sys.stderr)
                kinds.remove(kind)
        for name in options.only.split(","):
            MEASUREMENTS[name](bench, kinds, options)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
