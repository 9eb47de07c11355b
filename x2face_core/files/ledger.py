"""What a run reads, so that none of it is replaced by what the run writes.

Files are known by device and inode: whatever name they go by, through links, other spellings or mounts, they are one.
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

_ledgers: list[set[Identity]] = []  # of the runs that are going on


@contextmanager
def noting() -> Iterator[None]:
    """For the time of a run, note each file that is opened for reading, a driver's own too.

    Opened by Python, or by this package: what a driver's C library opens by itself stays unseen, unless its settings
    name it (rendering.outputs.named_files).
    """
    _listen()
    ledger: set[Identity] = set()
    _ledgers.append(ledger)
    try:
        yield
    finally:
        _ledgers[:] = [other for other in _ledgers if other is not ledger]


def note(path: str | bytes | int | Path) -> None:
    """Note a file that is read; nothing where no run is going on, or it is none."""
    with suppress(OSError, ValueError):
        if _ledgers and stat.S_ISREG((known := os.stat(path)).st_mode):  # noqa: PTH116 (of handles too)
            for ledger in _ledgers:
                ledger.add((known.st_dev, known.st_ino))


def refuse_read(place: Path) -> None:
    """UsageError where a run that is going on has read the file, or a file in the folder, that would be replaced."""
    if not _ledgers or not os.path.lexists(place):
        return
    inside = list(place.iterdir()) if place.is_dir() else ()
    for path in (place, *inside):
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
    """Hear of each file that Python opens; there is no end to that, so it costs next to nothing between runs."""
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
