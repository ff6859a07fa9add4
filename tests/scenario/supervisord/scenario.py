"""What every description of supervisord's behaviour is made of: a daemon to talk to and words for what is expected."""
import os
import subprocess
import textwrap
import unittest

from daemon import PATIENCE, SUPERVISORCTL, Daemon, Died, wait_for

LATE = 1.1  # supervisord looks at its timers once a second.
SLOW = 30  # What a busy machine may add.

# A program that ends after TERM when the test lets it: with the file `go`. It says in the file `ready` that it can be asked.
HELD = """
[program:x]
command=sh -c "trap 'until [ -e %(here)s/go ]; do sleep 0.05; done; exit 0' TERM; echo ready >> %(here)s/ready; read line"
startsecs=0
stopwaitsecs=90
"""


class Scenario(unittest.TestCase):
    """Each test holds for both daemons; where they differ on purpose, `expect` says so and why."""

    product = None  # Set by the runner.
    maxDiff = None

    def setUp(self):
        self.daemons = []

    @property
    def is_ours(self):
        return self.product.kind == "ours"

    def expect(self, *, supervisord, ours, because):
        """The value that the daemon under test should show; `because` is for the reader."""
        assert because
        return ours if self.is_ours else supervisord

    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")

    def client(self):
        """The command line of the client that Daemon.ctl runs."""
        return [SUPERVISORCTL]

    def prepare(self, text="", **arguments):
        """A daemon that is not started yet, and that ends with the test."""
        daemon = Daemon(self.product, text, **arguments)
        daemon.client = self.client()
        self.daemons.append(daemon)
        self.addCleanup(daemon.end)
        return daemon

    def start(self, text="", **arguments):
        """A running daemon, which ends with the test."""
        daemon = self.prepare(text, **arguments)
        daemon.start()
        return daemon

    def refusal(self, text="", **arguments):
        """The errors of a daemon that must refuse to start: exit 2, nothing on standard output."""
        daemon = self.prepare(text, **arguments)
        try:
            daemon.start()
        except Died as died:
            self.assertEqual(died.code, 2, died)
            return died.errors.replace(daemon.folder, "FOLDER")
        raise AssertionError("the daemon started")

    def run_to_end(self, *words, cwd=None, environment=None):
        """Exit status, output and errors of a command line that ends by itself."""
        done = subprocess.run(words, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def start_held(self):
        """A daemon that cannot end before the test does daemon.put("go", "")."""
        daemon = self.start(HELD)
        daemon.wait_for_text("ready", "ready")
        daemon.wait_for_state("x", "RUNNING")
        return daemon

    def wait(self, what, condition, patience=PATIENCE):
        return wait_for(what, condition, patience, 0.03)

    def assert_after(self, seconds, passed):
        """A timer of so many seconds has passed, not much later than supervisord would notice."""
        # Between the act and its line in the log a busy machine may do something else.
        self.assertGreaterEqual(passed, seconds - 0.5)
        self.assertLessEqual(passed, seconds + LATE + SLOW)

    def assert_has(self, subset, whole):
        """Every pair of the one is in the other."""
        self.assertEqual(subset, {name: whole.get(name) for name in subset})

    def assert_lines(self, lines, text):
        """These lines stand in the text, in this order, others between them."""
        rest = iter(text.splitlines())
        for line in lines:
            self.assertTrue(any(line in one for one in rest), f"no {line!r}, or not in this order, in:\n{text}")


def text(value):
    return textwrap.dedent(value)
