"""Runs descriptions of supervisord's behaviour against real supervisord or against elasticbot.

    /usr/bin/python3 tests/scenario/supervisord/run.py DAEMON AREA [WORD …]

DAEMON is `supervisord` (Debian's package, which also brings supervisorctl) or the path of an elasticbot. AREA is one of
the files under areas/, or `pending`, which lists the descriptions that elasticbot does not meet yet: those are run only
when they are named. With words, only tests that have one of them in their names. Tests run side by side, each with a daemon of its own. The exit code is 0
when all hold, 1 when one does not, 77 when the package is missing or something is pending.
"""
import concurrent.futures
import importlib
import os
import signal
import sys
import time
import unittest

from daemon import SUPERVISORCTL, SUPERVISORD, Product
from pending import PENDING
from scenario import Scenario

SIDE_BY_SIDE = 6  # Most of a test is waiting.


def say(text):
    print(text, flush=True)


def skip(reason):
    # A line that ends so is followed by the reason, as GoogleTest has it; tests/run.sh counts and prints them.
    say(f"{os.path.basename(__file__)}: Skipped\n{reason}")
    return 77


def name_of(test):
    return f"{type(test).__name__}.{test._testMethodName}"


def run_one(test):
    result = unittest.TestResult()
    began = time.monotonic()
    test.run(result)
    return test, result, time.monotonic() - began


def report(test, result, seconds):
    """True unless the test failed."""
    name = name_of(test)
    failures = result.failures + result.errors
    if result.skipped:
        say(f"skipped  {name}: {result.skipped[0][1]}")
    elif not failures:
        say(f"ok       {name} ({seconds:.1f} s)")
    else:
        say(f"FAILED   {name} ({seconds:.1f} s): {test.shortDescription()}")
        for _, trace in failures:
            say(trace)
        for daemon in test.daemons:
            say(daemon.story)
        return False
    return True


def main(arguments):
    if len(arguments) < 2:
        say(__doc__)
        return 2
    # A shell that starts this in the background has it ignored, and so would be what is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    daemon, area, *words = arguments
    if area == "pending":
        lines = [f"{name}: {missing}" for name, missing in sorted(PENDING.items())]
        return skip(f"{len(lines)} descriptions that elasticbot does not meet yet:\n" + "\n".join(lines)) if lines else 0
    for needed in (SUPERVISORD, SUPERVISORCTL):
        if not os.path.exists(needed):
            return skip(f"no {needed} on this machine (Debian's package supervisor)")
    Scenario.product = Product(None if daemon == "supervisord" else daemon)
    suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module("areas." + area))
    tests = [test for case in suite for test in case if not words or any(word in name_of(test) for word in words)]
    if Scenario.product.binary and not words:
        for name in sorted(name_of(test) for test in tests if name_of(test) in PENDING):
            say(f"pending  {name}: {PENDING[name]}")
        tests = [test for test in tests if name_of(test) not in PENDING]
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        results = [report(*done.result()) for done in
                   concurrent.futures.as_completed([pool.submit(run_one, test) for test in tests])]
    say(f"{results.count(True)} hold, {results.count(False)} do not")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
