"""The product's main job on real input: snapshots every 5 seconds, while everything is killed and restarted in turn.

    /usr/bin/python3 tests/scenario/main_job/main_job.py BINARY [REPLAY.csv.gz]

A stand-in for Binance (`simulate-market`) replays recorded rows, or simulates a market where there is no recording.
`elasticbot up` with private services takes a snapshot on every due second. Each check prints one line; the exit code
is 0 when all hold, 1 at the first that does not (the log is printed then), 77 when PostgreSQL or Redis is missing.
"""
import datetime
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../support"))
from waiting import wait_for  # noqa: E402 # Found by the line above.

STEP = 5  # Seconds between due times.
PATIENCE = 60  # Where nothing happens for this long, a check has failed.
SCHEDULE = "fetch-binance-p2p-frequent"


class Failed(Exception):
    """A check that does not hold."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


def processes():
    """Pid, parent, command line of every process."""
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(path + "/stat") as stat, open(path + "/cmdline") as command:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                yield int(path[6:]), parent, command.read().replace("\0", " ")
        except OSError:
            pass


def descendants(root):
    family = {root}
    everyone = list(processes())
    grown = True
    while grown:
        more = {pid for pid, parent, _ in everyone if parent in family} - family
        grown = bool(more)
        family |= more
    return family - {root}


class Product:
    """`elasticbot up` and its stand-in market, in a folder of their own."""

    def __init__(self, binary, replay):
        self.binary = os.path.abspath(binary)
        self.folder = tempfile.mkdtemp(prefix="elasticbot-main-job-")
        os.chmod(self.folder, 0o755)
        self.port, market_port = free_port(), free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "PORT": str(self.port),
            "ELASTICBOT_STATE_DIR": self.folder + "/state",
            "BINANCE_P2P_API_URL": f"http://127.0.0.1:{market_port}/search",
            "BCB_BASE_URL": f"http://127.0.0.1:{market_port}",
            "ELASTICBOT_BINANCE_PAGE_PAUSE": "1ms",
        }
        market = [self.binary, "simulate-market", "--port", str(market_port), "--interval", f"{STEP}s"]
        if replay:
            market += ["--replay", replay, "--from", "2024-08-29T00:00:00Z"]
        self.market = subprocess.Popen(market, stdout=open(self.folder + "/market.log", "w"), stderr=subprocess.STDOUT)
        self.up = subprocess.Popen(
            [self.binary, "up"],
            env=self.environment,
            cwd=self.folder,
            stdout=open(self.folder + "/up.log", "w"),
            stderr=subprocess.STDOUT,
        )

    def command(self, *words):
        return subprocess.run(
            [self.binary, *words], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE
        )

    def status(self):
        done = self.command("status", "--json")
        return json.loads(done.stdout) if done.returncode in (0, 1) and done.stdout.startswith("{") else None

    def program(self, name):
        status = self.status() or {"programs": []}
        return next((one for one in status["programs"] if one["name"] == name), None)

    def pid_of(self, name):
        if name == "executor":
            worker = self.pid_of("worker")
            return next((pid for pid, parent, line in processes() if parent == worker and " executor" in line), None)
        program = self.program(name)
        return program["pid"] if program and program["ready"] else None

    def sql(self, text):
        with open(self.folder + "/state/up.json") as record:
            url = json.load(record)["database_url"]
        done = subprocess.run(["psql", "-qAtX", url, "-c", text], capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout.strip() if done.returncode == 0 else None

    def due_seconds(self):
        text = self.sql('SELECT extract(epoch FROM "timestamp")::bigint FROM market_data_marketsnapshot ORDER BY 1')
        return [int(line) for line in text.split()] if text else []

    def clean_up(self):
        for process in (self.up, self.market):
            if process.poll() is None:
                family = descendants(process.pid)
                process.kill()
                for pid in family:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
        shutil.rmtree(self.folder, ignore_errors=True)


def say(text):
    print(text, flush=True)


def check_series(product):
    """Every due second from the first snapshot to the last has exactly one row."""
    seconds = product.due_seconds()
    expected = list(range(seconds[0], seconds[-1] + 1, STEP))
    if seconds != expected:
        missing = sorted(set(expected) - set(seconds))
        doubled = sorted({one for one in seconds if seconds.count(one) > 1})
        strange = sorted(set(seconds) - set(expected))
        raise Failed(f"the series has holes {missing}, doubles {doubled}, odd times {strange}")
    return seconds


def wait_for_rows(product, count):
    """Until the last `count` due times have their rows, and nothing before them lacks one."""
    target = (int(time.time()) // STEP + count) * STEP
    wait_for(f"snapshot of {target}", lambda: target in product.due_seconds())
    wait_for("series without a hole", lambda: len(product.due_seconds()) == (target - product.due_seconds()[0]) // STEP + 1
             or product.due_seconds()[-1] > target)
    return check_series(product)


def start(product):
    wait_for("answer of /health/", lambda: fetch(f"http://127.0.0.1:{product.port}/health/"))
    wait_for("worker and beat", lambda: product.pid_of("worker") and product.pid_of("beat"))
    done = product.sql(
        "WITH every AS (INSERT INTO django_celery_beat_intervalschedule (every, period) "
        f"VALUES ({STEP}, 'seconds') RETURNING id) "
        "UPDATE django_celery_beat_periodictask SET interval_id = every.id, crontab_id = NULL, "
        "headers = '{\"elasticbot-catchup\": \"all\"}', date_changed = now(), last_run_at = date_trunc('minute', now()) FROM every "
        f"WHERE name = '{SCHEDULE}' RETURNING name;"
        "UPDATE django_celery_beat_periodictasks SET last_update = now();"
    )
    if done is None or SCHEDULE not in done:
        raise Failed(f"the schedule row {SCHEDULE} cannot be set to every {STEP} s")


def run(product):
    start(product)
    wait_for("4 snapshots", lambda: len(product.due_seconds()) >= 4)
    seconds = check_series(product)
    if any(second % STEP for second in seconds):
        raise Failed(f"snapshots off their due second: {seconds}")
    say(f"ok: {len(seconds)} consecutive snapshots, {STEP} s apart, each on its due second")
    say(product.sql("SELECT timestamp, average_sell_price FROM market_data_marketsnapshot ORDER BY timestamp DESC LIMIT 5"))

    page = json.loads(fetch(f"http://127.0.0.1:{product.port}/api/v1/market-data/?page_size=100") or "{}")
    shown = {datetime.datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00")).timestamp()
             for row in page.get("results", [])}
    if not set(seconds) <= shown:
        raise Failed(f"the API does not serve {sorted(set(seconds) - shown)}")
    say("ok: the API serves them")

    for name in ("web", "worker", "executor", "beat"):
        pid = wait_for(f"pid of {name}", lambda name=name: product.pid_of(name))
        os.kill(pid, signal.SIGKILL)
        wait_for(f"successor of {name}", lambda name=name, pid=pid: product.pid_of(name) not in (None, pid))
        seconds = wait_for_rows(product, 2)
        say(f"ok: {name} killed, back, {len(seconds)} snapshots without hole or double")

    for name in ("redis", "postgres"):
        done = product.command("restart", name)
        if done.returncode != 0:
            raise Failed(f"restart {name}: {done.stderr.strip()}")
        wait_for("working database", lambda: product.sql("SELECT 1"))
        seconds = wait_for_rows(product, 3)
        say(f"ok: {name} restarted, {len(seconds)} snapshots without hole or double")

    family = descendants(product.up.pid)
    begin = time.monotonic()
    product.up.send_signal(signal.SIGTERM)
    code = product.up.wait(timeout=PATIENCE)
    took = time.monotonic() - begin
    alive = [pid for pid, _, _ in processes() if pid in family]
    if code != 0 or alive:
        raise Failed(f"SIGTERM ended with {code}, still alive: {alive}")
    say(f"{'ok' if took < 3 else 'slow'}: SIGTERM, everything ended in {took:.2f} s, exit 0, nothing left")


def main():
    if len(sys.argv) not in (2, 3):
        say(__doc__)
        return 2
    replay = sys.argv[2] if len(sys.argv) == 3 and os.path.exists(sys.argv[2]) else None
    os.environ["PATH"] += ":/usr/lib/postgresql/15/bin"
    for needed in ("psql", "initdb", "redis-server"):
        if not shutil.which(needed):
            say(f"skipped: no {needed} on this machine")
            return 77
    say(f"market: {'replay of ' + os.path.basename(replay) if replay else 'simulated'}")
    product = Product(sys.argv[1], replay)
    try:
        run(product)
        return 0
    except (Failed, TimeoutError) as failure:
        say(f"FAILED: {failure}")
        for name in ("up.log", "market.log"):
            with open(f"{product.folder}/{name}") as log:
                say(f"--- last lines of {name}\n" + "".join(log.readlines()[-60:]))
        return 1
    finally:
        product.clean_up()


if __name__ == "__main__":
    sys.exit(main())
