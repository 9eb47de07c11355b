"""Files at rest: whether an input is there to be read, and outputs that appear under their name only when whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from x2face_core.errors import InputError, UsageError


def readable_file(path: str | Path) -> Path:
    """The path, absolute, if a file with content is there. InputError says what is wrong otherwise."""
    place = Path(path).expanduser()
    try:
        size = place.stat().st_size
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the name.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({_reason(error)}).") from None
    if place.is_dir():
        raise InputError(f"{path}: is a folder, a file is needed.")
    if size == 0 and place.is_file():
        raise InputError(f"{path}: is empty (0 bytes); copy or record it again.")
    if not os.access(place, os.R_OK):
        raise InputError(f"{path}: may not be read; check its permissions.")
    return place.absolute()


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A hidden name in the same folder to write to; renamed to `path` at the end, removed if anything goes wrong.

    UsageError where it cannot be renamed.
    """
    place = path.expanduser()
    hidden = place.with_name(f".x2face-{secrets.token_hex(4)}{place.suffix}")
    try:
        yield hidden
        _rename(path, hidden, place)
    finally:
        _remove(hidden)


def _rename(path: Path, hidden: Path, place: Path) -> None:
    try:
        if place.is_dir() and hidden.is_dir():
            old = hidden.with_name(f"{hidden.name}-old")
            place.replace(old)
            hidden.replace(place)
            shutil.rmtree(old)
        else:
            hidden.replace(place)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({_reason(error)}); choose another output.") from error


def _remove(hidden: Path) -> None:
    if hidden.is_dir():
        shutil.rmtree(hidden, ignore_errors=True)
    else:
        hidden.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
