"""Records which files a run reads, so that the run does not overwrite one of them.

Files are identified by device and inode, so links, other spellings and other mounts of a path do not matter.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from x2face_core.errors import UsageError

Identity = tuple[int, int]

_ledgers: list[set[Identity]] = []  # one set for each run in progress


@contextmanager
def noting() -> Iterator[None]:
    """During a run, record each file that is opened for reading, by drivers too.

    Only files opened by Python or by this package are seen; what a driver's C library opens is not, unless the driver's
    settings name it (rendering.outputs.named_files).
    """
    _listen()
    ledger: set[Identity] = set()
    _ledgers.append(ledger)
    try:
        yield
    finally:
        _ledgers[:] = [other for other in _ledgers if other is not ledger]


def note(path: str | bytes | int | Path) -> None:
    """Record a file that is read; does nothing outside a run, or if it is not a regular file."""
    with suppress(OSError, ValueError):
        if _ledgers and stat.S_ISREG((known := os.stat(path)).st_mode):  # noqa: PTH116 (handles too)
            for ledger in _ledgers:
                ledger.add((known.st_dev, known.st_ino))


def refuse_read(target: Path) -> None:
    """UsageError if a run in progress has read the file, or a file in the folder, that would be replaced."""
    if not _ledgers or not os.path.lexists(target):
        return
    inside = list(target.iterdir()) if target.is_dir() else ()
    for path in (target, *inside):
        if any(_identity(path) in ledger for ledger in _ledgers):
            raise UsageError(f"{path} is one of the files that this run reads; choose another output.")


def _identity(path: Path) -> Identity | None:
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_dev, known.st_ino


@cache
def _listen() -> None:
    """Install an audit hook for opened files; hooks cannot be removed, so it does nearly nothing outside runs."""
    sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _ledgers:
        with suppress(Exception):
            path, mode, flags = arguments
            if _reads(mode, flags):
                note(path)


def _reads(mode: str | None, flags: int) -> bool:
    if mode is not None:
        return "r" in mode
    return flags & os.O_ACCMODE != os.O_WRONLY and not flags & (os.O_TRUNC | os.O_CREAT)
