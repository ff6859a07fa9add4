"""Common to all measurements: the supervisors under test, their children's reports, and what /proc says of them."""

import os
import pathlib
import resource
import select
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

TIMEOUT = 120


class Bench:
    """Where the binaries are, and a scratch folder of its own."""

    def __init__(self, bin_dir):
        self.bin = pathlib.Path(bin_dir).resolve()
        self.child = str(self.bin / "bench_child")
        self.floor = str(self.bin / "bench_floor")
        self.rpc = str(self.bin / "bench_rpc")
        self.elasticbot = str(self.bin / "elasticbot")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="eb-bench-"))
        # A thousand pidfds here, two pipes per child in a supervisor.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Reports:
    """Lines that children write when their first instruction runs."""

    def __init__(self, folder):
        self.path = str(folder / "reports")
        os.mkfifo(self.path)
        self.fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.rest = b""

    def take(self, count, timeout=TIMEOUT):
        """The next `count` reports as (what, pid, nanoseconds)."""
        taken = []
        deadline = time.monotonic() + timeout
        while len(taken) < count:
            while b"\n" in self.rest and len(taken) < count:
                line, self.rest = self.rest.split(b"\n", 1)
                what, pid, at = line.split()
                taken.append((what.decode(), int(pid), int(at)))
            if len(taken) == count:
                break
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise TimeoutError(f"{len(taken)} of {count} reports came in {timeout} s")
            self.rest += os.read(self.fd, 65536)
        return taken

    def close(self):
        os.close(self.fd)


def stat_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def descendants(root):
    """Pids of `root` and all below it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents.setdefault(int(stat_of(entry)[1]), []).append(int(entry))
            except OSError:
                continue
    found, open_ = [], [root]
    while open_:
        pid = open_.pop()
        found.append(pid)
        open_.extend(parents.get(pid, []))
    return found


def pss_kb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total


def cpu_ms(pids):
    ticks = sum(int(stat_of(pid)[11]) + int(stat_of(pid)[12]) for pid in pids)
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")


def wake_ups(pids):
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
                total += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
    return total


class Supervisor:
    """One run of one supervisor with `count` children. Subclasses say how it is set up, started and stopped."""

    name = ""

    def __init__(self, bench, count):
        self.bench = bench
        self.count = count
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.root))
        self.reports = Reports(self.folder)
        self.children = []
        self.process = None

    # What differs.
    @classmethod
    def is_installed(cls, bench):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def ask_to_stop(self):
        os.kill(self.process.pid, signal.SIGTERM)

    def status_command(self):
        return None

    # What is the same.
    def start(self):
        """Milliseconds from exec to the first instruction of the last child."""
        environment = dict(os.environ, BENCH_FIFO=self.reports.path)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [self.bench.child, "exec", self.reports.path, *self.command()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            reports = self.reports.take(self.count + 1)
        except TimeoutError as error:
            self.abandon()
            raise RuntimeError(f"{self.name}: {error}\n{self.log()}") from error
        began = next(at for what, _, at in reports if what == "exec")
        self.children = [pid for what, pid, _ in reports if what == "run"]
        return (max(at for what, _, at in reports if what == "run") - began) / 1e6

    def own_pids(self):
        children = set(self.children)
        return [pid for pid in descendants(self.process.pid) if pid not in children]

    def stop(self):
        """Milliseconds from the signal to the end of every child and of the supervisor's own processes."""
        poll = select.poll()
        left = set()
        for pid in set(self.children) | set(self.own_pids()):
            try:
                fd = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            poll.register(fd, select.POLLIN)
            left.add(fd)
        began = time.monotonic_ns()
        self.ask_to_stop()
        deadline = time.monotonic() + TIMEOUT
        while left:
            for fd, _ in poll.poll(1000):
                poll.unregister(fd)
                os.close(fd)
                left.discard(fd)
            if left and time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} does not stop\n{self.log()}")
        elapsed = (time.monotonic_ns() - began) / 1e6
        self.process.wait()
        self.reports.close()
        return elapsed

    def abandon(self):
        """Ends whatever of it is still there: the session is its own."""
        for pid in reversed(descendants(self.process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def kill_and_await(self, index):
        """Milliseconds from SIGKILL of a child to the first instruction of its successor."""
        began = time.monotonic_ns()
        os.kill(self.children[index], signal.SIGKILL)
        _, pid, at = self.reports.take(1)[0]
        self.children[index] = pid
        return (at - began) / 1e6

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-2000:]


class Floor(Supervisor):
    name = "floor (posix_spawn)"

    @classmethod
    def is_installed(cls, bench):
        return True

    def command(self):
        return [self.bench.floor, str(self.count), self.bench.child, self.reports.path]


class Elasticbot(Supervisor):
    name = "elasticbot"

    @classmethod
    def is_installed(cls, bench):
        return os.access(bench.elasticbot, os.X_OK)

    def command(self):
        self.socket = str(self.folder / "control.sock")
        with open(self.folder / "elasticbot.toml", "w", encoding="utf-8") as file:
            for index in range(self.count):
                file.write(
                    f"[program.c{index}]\n"
                    f'command = ["{self.bench.child}", "{self.reports.path}"]\n'
                    'ready = "start"\nstart_seconds = "0s"\nmax_restarts = 0\n\n'
                )
        config = str(self.folder / "elasticbot.toml")
        return [self.bench.elasticbot, "up", "--config", config, "--socket", self.socket]

    def status_command(self):
        return [self.bench.elasticbot, "status", "--socket", self.socket]


class Supervisord(Supervisor):
    name = "supervisord"
    child_words = ()
    program_keys = (
        "startsecs=0\nautorestart=true\nstdout_logfile=/dev/null\nstdout_logfile_maxbytes=0\n"
        "stderr_logfile=/dev/null\nstderr_logfile_maxbytes=0\n"
    )

    @classmethod
    def is_installed(cls, bench):
        return shutil.which("supervisord") is not None

    def programs(self):
        """All in one group, which starts and stops as one."""
        return f"[program:c]\nnumprocs={self.count}\nprocess_name=c%(process_num)d\n{self.common_keys()}"

    def common_keys(self):
        command = " ".join([self.bench.child, *self.child_words, self.reports.path])
        return f"command={command}\n{self.program_keys}"

    def write_config(self):
        self.config = self.folder / "supervisord.conf"
        self.rpc_socket = self.folder / "sock"
        self.config.write_text(
            f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\nminfds=8192\n"
            f"pidfile={self.folder}/pid\n"
            f"[unix_http_server]\nfile={self.rpc_socket}\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=unix://{self.rpc_socket}\n{self.programs()}",
            encoding="utf-8",
        )

    def command(self):
        self.write_config()
        return ["supervisord", "-c", str(self.config)]

    def status_command(self):
        return ["supervisorctl", "-c", str(self.config), "status"]


class DropIn(Supervisord):
    """supervisord's file as it is, run by elasticbot."""

    name = "elasticbot up -c"

    @classmethod
    def is_installed(cls, bench):
        return Elasticbot.is_installed(bench)

    def command(self):
        self.write_config()
        return [self.bench.elasticbot, "up", "-c", str(self.config)]

    def status_command(self):
        return [self.bench.elasticbot, "ctl", "-c", str(self.config), "status"]


class LinkedServices(Supervisor):
    """runit and s6: a folder per service whose `run` is the child itself."""

    def make_services(self):
        services = self.folder / "services"
        services.mkdir()
        for index in range(self.count):
            (services / f"c{index}").mkdir()
            os.symlink(self.bench.child, services / f"c{index}" / "run")
        return str(services)


class S6(LinkedServices):
    name = "s6"

    @classmethod
    def is_installed(cls, bench):
        return shutil.which("s6-svscan") is not None

    def command(self):
        self.services = self.make_services()
        return ["s6-svscan", "-c", "2000", self.services]

    def ask_to_stop(self):
        subprocess.run(["s6-svscanctl", "-t", self.services], check=True)


class Runit(LinkedServices):
    name = "runit"

    @classmethod
    def is_installed(cls, bench):
        return shutil.which("runsvdir") is not None

    def command(self):
        self.services = self.make_services()
        return ["runsvdir", self.services]

    def ask_to_stop(self):
        # To every runsv TERM; runsvdir itself goes at once.
        os.kill(self.process.pid, signal.SIGHUP)

    def status_command(self):
        return ["sv", "status", *(f"{self.services}/c{index}" for index in range(self.count))]


ALL = [Floor, Elasticbot, Supervisord, S6, Runit]


def installed(bench):
    return [kind for kind in ALL if kind.is_installed(bench)]


def median(values):
    return statistics.median(values)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(title, header, rows):
    lines = [f"### {title}", "", "| " + " | ".join(header) + " |"]
    lines.append("|" + " --- |" * len(header))
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value):
    return "–" if value is None else f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
