"""A limit to how long strangers' code may take to be imported and asked: one that hangs stops itself, not everybody."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 20.0
"""That one plugin has; a machine under load takes several for a large library."""
LATER = 5.0
"""That each has once one was overdue, so that several that hang are not waited for in turn."""
_GRACE = 5.0  # seconds between being told to stop and being stopped with the whole program
_HINT = "leave it out by X2FACE_PLUGINS, which names those that shall load, or uninstall it"


class TimeLimitExceeded(BaseException):
    """Raised in the midst of code that takes too long; no `except Exception` of its own keeps it going."""


class _Budget:
    left = SECONDS


@contextmanager
def time_limit(dist: str) -> Iterator[None]:
    """Raise Overdue in what is done within once its time is up. dist: whose code it is

    Where that cannot be, outside the main thread or where the code does not let go, the program ends with exit code 6
    and a line that says whose code hangs.
    """
    seconds = _Budget.left
    done = threading.Event()
    threading.Thread(target=_end_unless, args=(done, dist, seconds + _GRACE), daemon=True).start()
    try:
        with _alarm(dist, seconds):
            yield
    except TimeLimitExceeded:
        _Budget.left = LATER
        raise
    finally:
        done.set()


@contextmanager
def _alarm(dist: str, seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeLimitExceeded(f"it took longer than {seconds:g} s to load; {_HINT}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again each second, for code that catches everything
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end_unless(done: threading.Event, dist: str, seconds: float) -> None:
    if not done.wait(seconds):
        sys.stderr.write(f"x2face: error: the plugin {dist} hangs while it is loaded; {_HINT}.\n")
        sys.stderr.flush()
        os._exit(6)
