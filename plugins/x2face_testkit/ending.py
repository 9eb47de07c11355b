"""Checks of how a driver ends: that it does, and that it releases its resources."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from x2face_plugins.specs import DriverSpec
from x2face_testkit.declaring import demo_of
from x2face_testkit.promising import broken
from x2face_testkit.streaming import ENOUGH, driving, flag, length_of
from x2face_testkit.tiny import TinySource

LONGEST = 600.0  # largest length of a demo in seconds
PATIENCE = 30.0  # seconds of processor time within which a finite driver has to end
GRACE = 30.0  # seconds for threads to end, which takes a while on a busy machine


def ends_or_says_so(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """It ends by itself, or is declared endless and does not end."""
    driver = spec.load(demo_of(spec, folder))
    if flag(driver, spec, "live"):
        return "it is live: what comes in decides"
    seconds, rows, started = 0.0, 0, time.process_time()
    with driving(driver, source) as stream:
        for chunk in stream:
            seconds, rows = seconds + length_of(chunk) / chunk.fps, rows + length_of(chunk)
            if flag(driver, spec, "endless") and rows >= ENOUGH:
                return None
            if seconds > LONGEST or time.process_time() - started > PATIENCE:
                broken(f"it goes on after {rows} rows; say endless=True, or let the demo be tiny")
    if flag(driver, spec, "endless"):
        broken(f"it says that it is endless, and ends after {rows} rows")
    return None


def stops_when_told(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """Stopped after its first chunk, it raises nothing and leaves no thread, no file and no socket behind."""
    driver, threads, opened = spec.load(demo_of(spec, folder)), set(threading.enumerate()), _opened(folder)
    with driving(driver, source) as stream:
        next(stream, None)
    until = time.monotonic() + GRACE
    while (left := _left(threads, opened, folder)) and time.monotonic() < until:
        time.sleep(0.02)
    if left:
        broken(f"{left} is left after it was closed; end it in a finally: around the yield")
    return None


def _left(threads: set[threading.Thread], opened: set[str], folder: Path) -> str:
    running = sorted(thread.name for thread in set(threading.enumerate()) - threads)
    return ", ".join([f"the thread {name}" for name in running] + sorted(_opened(folder) - opened))


def _opened(folder: Path) -> set[str]:
    """Open sockets, and open files in a folder, where the system tells."""
    descriptors, found = Path("/proc/self/fd"), set()
    for one in descriptors.iterdir() if descriptors.is_dir() else ():
        with suppress(OSError):
            found.add(os.readlink(one))  # noqa: PTH115 (Path takes a socket's name for a file's)
    return {name for name in found if name.startswith(("socket:", str(folder.resolve())))}
