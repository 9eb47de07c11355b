"""Temporary hidden folders next to an output, and removal of those left by killed processes."""

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
    """A hidden folder within a folder, locked while it is in use and removed afterwards.

    Such folders left by killed processes are removed too. OSError if none can be created.
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
        _unfinished.discard(made)  # another run removed it before it was locked
    raise OSError("hidden folders vanish there as soon as they are made")


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary folders of killed processes from a folder; those in use are locked and stay."""
    with suppress(OSError):
        for left in [entry for entry in folder.iterdir() if _LEFT.fullmatch(entry.name)]:
            _remove_unless_held(left)


def remove_unfinished() -> None:
    """Remove all temporary folders of this process, which is about to end."""
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
