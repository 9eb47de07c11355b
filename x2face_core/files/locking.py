"""Advisory locks on files and folders, released by the system when the process ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

if sys.platform != "win32":
    import fcntl

Holder = Literal["us", "others", "unknown"]


@contextmanager
def locked(path: Path) -> Iterator[Holder]:
    """Try to lock a file or a folder without waiting; yields who holds the lock.

    unknown: nobody can tell, as on systems and network disks without such locks
    Raises OSError where the path cannot be opened.
    """
    if sys.platform == "win32":  # no flock, and folders cannot be opened
        yield "unknown"
        return
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> Holder:
    if sys.platform == "win32":
        return "unknown"
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "others"
    except OSError:
        return "unknown"
    return "us"
