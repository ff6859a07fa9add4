"""Waits for conditions, never for time."""
import time


def wait_for(what, condition, patience=60, interval=0.1):
    """The first true value of `condition`; TimeoutError, which names `what`, when none comes within `patience` seconds."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        value = condition()
        if value:
            return value
        time.sleep(interval)
    raise TimeoutError(f"no {what} within {patience} s")
