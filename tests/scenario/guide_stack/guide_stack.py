#!/usr/bin/python3
"""The deployment guide's stack, real throughout: gunicorn, Celery worker and Celery beat from one supervisord.conf.

    guide_stack.py supervisord          under the real one
    guide_stack.py BINARY               under `elasticbot up`, with the same file and the same expectations

A private PostgreSQL and Redis, a small Django site, Debian's supervisorctl as the client. The story is lived once, start to
stop; what was seen in it is then judged by one test each. Exit code 77 when something is not installed.
"""
import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../support"))
from private_services import POSTGRES_PROGRAMS, PrivatePostgres, PrivateRedis  # noqa: E402 # Found by the line above.
from waiting import wait_for  # noqa: E402

MARK = "GUIDE_STACK_FOLDER"  # In the environment of the daemon and of all below it, wherever their parents went.
PATIENCE = 90
DEBIAN = "/usr/bin:/bin:/usr/sbin:/sbin"  # Where the packages are, whatever else there is.
PROGRAMS = ["gunicorn", "celery", "supervisord", "supervisorctl", "redis-server", "psql", f"{POSTGRES_PROGRAMS}/postgres"]
MODULES = ["django", "celery", "redis", "psycopg2", "django_celery_beat"]


def missing():
    return [name for name in PROGRAMS if not shutil.which(name, path=DEBIAN)] + [
        f"python3 module {name}" for name in MODULES if not importlib.util.find_spec(name)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """The daemon under test with the guide's file, its servers, and what an operator can see of it."""

    def __init__(self, daemon, folder, postgres, redis):
        self.folder = folder
        self.postgres = postgres
        self.redis = redis
        self.port = free_port()
        self.config = os.path.join(folder, "supervisord.conf")
        self.output_path = os.path.join(folder, "output")
        shutil.copy(os.path.join(HERE, "supervisord.conf"), self.config)
        shutil.copytree(os.path.join(HERE, "app"), os.path.join(folder, "app"))
        postgres.create_database("guide")
        self.environment = {
            "PATH": DEBIAN,
            "HOME": folder,
            "LANG": "C.UTF-8",
            MARK: folder,
            "PORT": str(self.port),
            "GUNICORN_WORKERS": "2",
            "GUNICORN_TIMEOUT": "120",
            "CELERY_CONCURRENCY": "2",
            "CELERY_LOG_LEVEL": "info",
            "REDIS_SOCKET": redis.socket,
            "PGDATABASE": "guide",
            **postgres.environment,
            # Sanitizers, where the binary was built with them.
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
        }
        self.run(sys.executable, "-m", "django", "migrate", "--run-syncdb", cwd=os.path.join(folder, "app"),
                 extra={"DJANGO_SETTINGS_MODULE": "guide.settings"})
        command = [daemon, "-n"] if os.path.basename(daemon) == "supervisord" else [os.path.abspath(daemon), "up"]
        # A pipe, as a container's host gives it.
        self.copier = subprocess.Popen(["tee", self.output_path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.daemon = subprocess.Popen(
            ["setpriv", "--pdeathsig=TERM", "--", *command, "-c", self.config], env=self.environment, cwd=folder,
            stdin=subprocess.DEVNULL, stdout=self.copier.stdin, stderr=subprocess.STDOUT)
        self.copier.stdin.close()

    def run(self, *command, cwd=None, extra=None):
        done = subprocess.run(command, cwd=cwd or self.folder, env={**self.environment, **(extra or {})},
                              capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def supervisorctl(self, *words):
        """Exit code and output."""
        done = subprocess.run(["supervisorctl", "-c", self.config, *words], env=self.environment, capture_output=True,
                              text=True, timeout=PATIENCE)
        return done.returncode, done.stdout + done.stderr

    def answered_status(self):
        code, text = self.supervisorctl("status")
        return None if code == 4 else (code, text)

    def pid_of(self, program):
        return int(self.supervisorctl("pid", program)[1])

    def fetch(self, path):
        """Status and body of an answer; None when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except OSError:
            return None

    def snapshots(self, source):
        return int(self.postgres.sql("guide", f"SELECT count(*) FROM guide_snapshot WHERE source = '{source}'") or 0)

    def output(self):
        with open(self.output_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for_output(self, pattern):
        wait_for(f"output like {pattern}", lambda: re.search(pattern, self.output()), PATIENCE)

    def processes(self):
        """The daemon and everything it ever started that still runs."""
        mark = f"{MARK}={self.folder}\0".encode()
        found = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/environ", "rb") as environ, open(f"/proc/{entry}/cmdline", "rb") as cmdline:
                    if mark in environ.read():
                        found[int(entry)] = cmdline.read().replace(b"\0", b" ").decode(errors="replace")
        return found

    def close(self):
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.daemon.wait()
        self.copier.wait()


class Held:
    """A request or a task in flight, that ends when it may."""

    def __init__(self, stack, name):
        import redis
        self.name = name
        self.redis = redis.Redis(unix_socket_path=stack.redis.socket)

    def wait_for_begin(self):
        if self.redis.blpop(f"{self.name} begun", timeout=PATIENCE) is None:
            raise TimeoutError(f"the {self.name} has not begun within {PATIENCE} s")

    def let_end(self):
        self.redis.rpush(f"{self.name} may end", 1)


def without_numbers(status):
    return re.sub(r"pid \d+, uptime \d+:\d\d:\d\d", "pid P, uptime T", status)


class Story:
    """What was seen, in the order of the story."""

    def __init__(self, stack):
        self.begin(stack)
        self.work(stack)
        self.crash_and_restart(stack)
        self.drain(stack)

    def begin(self, stack):
        self.first_status = wait_for("answer to supervisorctl", stack.answered_status, PATIENCE)
        wait_for("three running programs", lambda: stack.supervisorctl("status")[1].count("RUNNING") == 3, PATIENCE)
        self.status = stack.supervisorctl("status")
        self.one_status = stack.supervisorctl("status", "worker")
        self.available = stack.supervisorctl("avail")

    def work(self, stack):
        self.health = wait_for("answer of /health/", lambda: stack.fetch("/health/"), PATIENCE)
        self.sent = stack.fetch("/tasks/snapshot/")
        wait_for("task of a request", lambda: stack.snapshots("request") == 1, PATIENCE)
        wait_for("schedule that fires each second", lambda: stack.snapshots("beat") >= 2, PATIENCE)

    def crash_and_restart(self, stack):
        before = stack.pid_of("beat")
        os.kill(before, signal.SIGKILL)
        wait_for("successor of beat", lambda: stack.pid_of("beat") not in (0, before), PATIENCE)
        self.restart = stack.supervisorctl("restart", "web")
        wait_for("answer after the restart", lambda: stack.fetch("/health/"), PATIENCE)
        wait_for("three running programs", lambda: stack.supervisorctl("status")[1].count("RUNNING") == 3, PATIENCE)
        fired = stack.snapshots("beat")
        wait_for("schedule of the new beat", lambda: stack.snapshots("beat") > fired, PATIENCE)

    def drain(self, stack):
        """Both are in flight when the daemon is told to stop, and end only after their programs have been told too."""
        told_web = "Handling signal: term"
        request, task = Held(stack, "request"), Held(stack, "task")
        stack.fetch("/tasks/held-snapshot/")
        answer = os.path.join(stack.folder, "answer")
        with open(answer, "wb") as file:
            client = subprocess.Popen([sys.executable, "-c", CLIENT, f"http://127.0.0.1:{stack.port}/held/"], stdout=file)
        task.wait_for_begin()
        request.wait_for_begin()
        self.held_before = stack.snapshots("held task")
        stack.daemon.send_signal(signal.SIGTERM)
        stack.wait_for_output(r"worker: Warm shutdown \(MainProcess\)")
        self.health_while_draining = stack.fetch("/health/")
        self.web_told_early = told_web in stack.output().partition("received SIGTERM")[2]
        task.let_end()
        stack.wait_for_output("stopped: worker")
        self.held_after = stack.snapshots("held task")
        wait_for("signal to web", lambda: told_web in stack.output().partition("stopped: worker")[2], PATIENCE)
        request.let_end()
        client.wait(timeout=PATIENCE)
        with open(answer, encoding="utf-8") as file:
            self.answer = file.read()
        self.code = stack.daemon.wait(timeout=PATIENCE)
        stack.copier.wait(timeout=PATIENCE)
        self.survivors = stack.processes()
        self.left = [name for name in ("supervisor.sock", "supervisord.pid") if os.path.exists(f"{stack.folder}/{name}")]
        self.status_after = stack.supervisorctl("status")
        self.output = stack.output()


# Another process, since it waits while the story goes on.
CLIENT = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=120) as answer:
    print(answer.status, answer.read().decode(), end="")
"""


class GuideStack(unittest.TestCase):
    daemon = "supervisord"
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="eb-guide-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.chmod(cls.folder, 0o755)  # The database's user passes through.
        postgres = PrivatePostgres(cls.folder)
        cls.addClassCleanup(postgres.close)
        redis = PrivateRedis(cls.folder)
        cls.addClassCleanup(redis.close)
        stack = Stack(cls.daemon, cls.folder, postgres, redis)
        try:
            cls.story = Story(stack)
        except Exception:
            print(f"--- the last of its output\n{stack.output()[-8000:]}", file=sys.stderr)
            raise
        finally:
            stack.close()

    def test_status_says_starting_before_startsecs_have_passed(self):
        """The description of STARTING is empty. (supervisord-compat.md 6, 13)"""
        code, text = self.story.first_status
        lines = without_numbers(text).splitlines()
        self.assertEqual(len(lines), 3)
        for name, line in zip(("beat", "web", "worker"), lines):
            # A machine so slow that the first answer takes startsecs sees the second.
            self.assertIn(line, (f"{name:33}STARTING  ", f"{name:33}RUNNING   pid P, uptime T"))
        self.assertEqual(code, 0)

    def test_status_lists_three_running_programs(self):
        code, text = self.story.status
        self.assertEqual(without_numbers(text), "".join(
            f"{name:33}RUNNING   pid P, uptime T\n" for name in ("beat", "web", "worker")))
        self.assertEqual(code, 0)

    def test_status_of_one(self):
        code, text = self.story.one_status
        self.assertEqual(without_numbers(text), f"{'worker':33}RUNNING   pid P, uptime T\n")
        self.assertEqual(code, 0)

    def test_avail_shows_order(self):
        self.assertEqual(self.story.available, (0, "".join(
            f"{name:32} in use    auto      {priority}:{priority}\n" for name, priority in
            (("beat", 3), ("web", 1), ("worker", 2)))))

    def test_requests_are_served_on_the_port_of_the_environment(self):
        status, body = self.story.health
        self.assertEqual((status, body["status"]), (200, "healthy"))
        self.assertEqual(self.story.sent[0], 202)

    def test_output_of_programs_arrives_on_standard_output_as_it_is(self):
        """/dev/stdout and /dev/stderr are the daemon's own. (9)"""
        for pattern in (r"^\[[^]]*\] \[\d+\] \[INFO\] Listening at: http://127\.0\.0\.1:\d+ \(\d+\)$",
                        r'^127\.0\.0\.1 - - \[.*\] "GET /health/ HTTP/1\.1" 200 ',
                        r"^\[[^]]*: INFO/MainProcess\] celery@\S+ ready\.$",
                        r"^\[[^]]*: INFO/MainProcess\] beat: Starting\.\.\.$",
                        r"^\[[^]]*: INFO/MainProcess\] Scheduler: Sending due task snapshot-every-second "):
            self.assertRegex(self.story.output, re.compile(pattern, re.MULTILINE))

    def test_activity_log_tells_the_story(self):
        """The lines that tools match on, in their order. (9)"""
        log = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]{4}) (.*)$", self.story.output, re.MULTILINE)
        log = [(level, re.sub(r"pid \d+", "pid P", text)) for level, text in log]
        for expected in (
            [("INFO", "supervisord started with pid P")],
            [("INFO", "spawned: 'web' with pid P"), ("INFO", "spawned: 'worker' with pid P"),
             ("INFO", "spawned: 'beat' with pid P")],
            [("INFO", "success: web entered RUNNING state, process has stayed up for > than 5 seconds (startsecs)")],
            [("INFO", "success: worker entered RUNNING state, process has stayed up for > than 10 seconds (startsecs)")],
            [("WARN", "exited: beat (terminated by SIGKILL; not expected)"), ("INFO", "spawned: 'beat' with pid P")],
            [("WARN", "received SIGTERM indicating exit request"), ("INFO", "stopped: beat (exit status 0)"),
             ("INFO", "stopped: worker (exit status 0)"), ("INFO", "stopped: web (exit status 0)")],
        ):
            with self.subTest(expected[0][1]):
                # The same entry may be there twice: supervisord echoes its log on the very stdout it logs to.
                rest = iter(log)
                self.assertTrue(all(entry in rest for entry in expected), f"{expected} is no part of {log}")

    def test_restart_of_web_serves_again(self):
        self.assertEqual(self.story.restart, (0, "web: stopped\nweb: started\n"))

    def test_stop_takes_the_last_priority_first(self):
        """While the worker drains, web is not told yet and serves. (7)"""
        self.assertFalse(self.story.web_told_early)
        self.assertEqual(self.story.health_while_draining[0], 200)

    def test_a_task_in_flight_finishes(self):
        self.assertEqual((self.story.held_before, self.story.held_after), (0, 1))

    def test_a_request_in_flight_finishes(self):
        self.assertEqual(self.story.answer, '200 {"status": "held to its end"}')

    def test_the_end_is_orderly(self):
        """Exit code 0, no process, no socket, no pid file. (4, 11)"""
        self.assertEqual(self.story.code, 0)
        self.assertEqual(self.story.survivors, {})
        self.assertEqual(self.story.left, [])
        code, text = self.story.status_after
        self.assertEqual((code, text), (4, f"unix://{self.folder}/supervisor.sock no such file\n"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if missing():
        # As GoogleTest says it: tests/run.sh prints the reason.
        print(f"{os.path.basename(__file__)}: Skipped\nnot installed: {', '.join(missing())}")
        sys.exit(77)
    GuideStack.daemon = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
