"""Workshops: hidden folders beside an output, in which it is made, and what becomes of those whose maker was killed."""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from x2face_core.files.locking import locked

PREFIX = ".x2face-"
_LEFT = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}(\.\w+)?")
_ATTEMPTS = 20

_unfinished: set[Path] = set()


@contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder within a folder, locked for as long as it is used, and gone afterwards.

    Of those that were left there by processes that are gone, none stays. OSError where none can be made.
    """
    _remove_abandoned_once(folder.absolute())
    with ExitStack() as stack:
        made = _make(folder, stack)
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
            _unfinished.discard(made)


def _make(folder: Path, stack: ExitStack) -> Path:
    for _ in range(_ATTEMPTS):
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        _unfinished.add(made)
        with suppress(FileNotFoundError):
            if stack.enter_context(locked(made)) != "others" and made.is_dir():
                return made
        _unfinished.discard(made)  # another run swept it before it was locked
    raise OSError("hidden folders vanish there as soon as they are made")


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that were killed left in a folder; what others are at work on stays."""
    with suppress(OSError):
        for left in [entry for entry in folder.iterdir() if _LEFT.fullmatch(entry.name)]:
            _remove_unless_held(left)


def remove_unfinished() -> None:
    """Remove everything that this process is at work on: it is about to end, now."""
    for made in list(_unfinished):
        for _ in range(_ATTEMPTS):  # a thread may still be adding to it
            shutil.rmtree(made, ignore_errors=True)
            if not made.exists():
                break


@cache
def _remove_abandoned_once(folder: Path) -> None:
    remove_abandoned(folder)


def _remove_unless_held(left: Path) -> None:
    with suppress(OSError), locked(left) as holder:
        kind = left.lstat().st_mode
        if holder == "us" and stat.S_ISDIR(kind):
            shutil.rmtree(left, ignore_errors=True)
        elif holder == "us" and stat.S_ISREG(kind):
            left.unlink()
