"""A time limit for importing plugins and calling their hooks, so that one that hangs does not stop every command."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 20.0
"""Time limit of a plugin; importing a large library takes several seconds on a busy machine."""
LATER = 5.0
"""Time limit once a plugin has exceeded it, so that several that hang do not add up."""
_GRACE = 5.0  # seconds after the exception, after which the program ends
_HINT = "leave it out by X2FACE_PLUGINS, which names those that shall load, or uninstall it"


class TimeLimitExceeded(BaseException):
    """Raised inside code that takes too long. A BaseException, so that `except Exception` does not catch it."""


class _Budget:
    left = SECONDS


@contextmanager
def time_limit(dist: str) -> Iterator[None]:
    """Raise TimeLimitExceeded in the context when its time is up. dist: distribution of the code, for messages

    If that is impossible, outside the main thread, or if the code does not stop, the program ends with exit code 6 and
    a message that names the distribution.
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
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # repeated every second, for code that catches everything
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
