#!/usr/bin/python3
"""Firing latency of beat among thousands of schedules: how late after its due time each message lies in Redis.

    latency.py BIN_DIR [--rows 10000] [--fast 20] [--seconds 60]

Starts `elasticbot up --only beat` on private services, with ROWS enabled schedules of which FAST fire every second, and
waits at Redis for their messages. Prints p50, p99 and the worst case of two latencies, and beat's CPU time and memory:

- decided: from the due time to the decision that the firing row records;
- in Redis: from the due time to the moment when this program has taken the message from the list.

On an idle machine; a build without sanitizers.
"""
import argparse
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, ".."), os.path.join(here, "../../support")]
import harness  # noqa: E402
from harness import number, percentile, table  # noqa: E402
from waiting import wait_for  # noqa: E402

PATIENCE = 120


def record_of(folder):
    try:
        with open(f"{folder}/state/up.json", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def sql(url, text):
    done = subprocess.run(["psql", "-qAtX", url, "-c", text], capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout.strip() if done.returncode == 0 else None


def add_rows(url, rows, fast):
    """Slow rows have a crontab each, most of them due within the hour to come; none of them fires while we measure."""
    done = sql(url, f"""
        INSERT INTO django_celery_beat_crontabschedule (minute, hour, day_of_week, day_of_month, month_of_year, timezone)
            SELECT (n % 60)::text, ((extract(hour FROM now() AT TIME ZONE 'UTC')::int + 2 + n % 20) % 24)::text, '*', '*', '*', 'UTC'
            FROM generate_series(1, {rows - fast}) n;
        INSERT INTO django_celery_beat_periodictask (name, task, args, kwargs, headers, enabled, total_run_count,
                date_changed, description, one_off, crontab_id, queue)
            SELECT 'slow ' || id, 'bench.slow', '[]', '{{}}', '{{}}', true, 0, now(), '', false, id, 'slow'
            FROM django_celery_beat_crontabschedule;
        WITH every AS (INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds') RETURNING id)
        INSERT INTO django_celery_beat_periodictask (name, task, args, kwargs, headers, enabled, total_run_count,
                date_changed, description, one_off, interval_id, last_run_at, queue)
            SELECT 'fast ' || n, 'bench.fast', '[]', '{{}}', '{{}}', true, 0, now(), '', false, id,
                date_trunc('second', now()) + n * interval '1 second' / {fast}, 'fast'
            FROM every, generate_series(1, {fast}) n;
        UPDATE django_celery_beat_periodictasks SET last_update = now();
        ANALYZE;""")
    if done is None:
        sys.exit("the schedules cannot be written")


def role_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        words = file.read().decode(errors="replace").split("\0")
    return words[1] if len(words) > 1 else ""


def due_of(message):
    due = json.loads(message)["headers"]["elasticbot-due"]
    return datetime.datetime.fromisoformat(due.replace("Z", "+00:00")).timestamp()


def take_messages(redis_socket, seconds):
    """Latencies in ms of the messages that arrive within that time."""
    import redis
    client = redis.Redis(unix_socket_path=redis_socket)
    client.delete("fast")
    latencies = []
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        taken = client.brpop("fast", timeout=1)
        if taken:
            latencies.append((time.time() - due_of(taken[1])) * 1000)
    return latencies


def spread(values):
    return [number(percentile(values, share)) for share in (0.5, 0.99, 1)]


def measure(bench, options, folder):
    environment = {"PATH": os.environ["PATH"], "ELASTICBOT_STATE_DIR": folder + "/state", "LOG_LEVEL": "warning"}
    with open(folder + "/log", "wb") as log:
        up = subprocess.Popen([bench.elasticbot, "up", "--only", "beat"], env=environment, cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        record = wait_for("running up", lambda: record_of(folder), PATIENCE)
        url = record["database_url"]
        wait_for("schedules", lambda: sql(url, "SELECT count(*) FROM django_celery_beat_periodictask") == "4", PATIENCE)
        add_rows(url, options.rows, options.fast)
        wait_for("first firings", lambda: sql(url, "SELECT count(*) FROM elasticbot_firing") not in (None, "0"), PATIENCE)
        time.sleep(3)
        beat = next(pid for pid in harness.descendants(up.pid) if role_of(pid) == "beat")
        began, cpu_began = time.time(), harness.cpu_ms([beat])
        arrived = take_messages(record["redis_url"].removeprefix("redis+socket://"), options.seconds)
        took, cpu = time.time() - began, harness.cpu_ms([beat]) - cpu_began
        decided = sql(url, "SELECT extract(epoch FROM fired_at - due) * 1000 FROM elasticbot_firing WHERE schedule LIKE "
                           f"'fast %' AND due > to_timestamp({began})")
        memory = harness.pss_kb([beat]) / 1024
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=60)
    return [float(line) for line in decided.split()], arrived, cpu / took / 10, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--fast", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    bench = harness.Bench(options.bin_dir)
    folder = tempfile.mkdtemp(prefix="elasticbot-bench-beat-")
    os.chmod(folder, 0o755)
    try:
        decided, arrived, cpu, memory = measure(bench, options, folder)
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(table(f"{options.rows} schedules, {options.fast} of them every second, {len(arrived)} firings in "
                f"{options.seconds:g} s", ["", "p50", "p99", "worst"], [
                    ["due time to decision, ms", *spread(decided)],
                    ["due time to Redis, ms", *spread(arrived)],
                ]))
    print(f"\nbeat: {cpu:.1f} % of a core, {memory:.1f} MB PSS")


if __name__ == "__main__":
    try:
        main()
    except TimeoutError as late:
        sys.exit(str(late))
