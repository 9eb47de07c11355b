"""Errors of the operating system on files, as errors for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from x2face_core.errors import InputError, UsageError

WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""Error numbers that only writing can have."""

_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another output",
    errno.EDQUOT: "delete something of yours, or choose another output",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def reason(error: BaseException) -> str:
    """The reason in one line: the system's own text, if it has one."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def unwritable(path: object, error: BaseException) -> UsageError:
    """The UsageError for an output that cannot be written."""
    remedy = _REMEDIES.get(getattr(error, "errno", None) or 0, "choose another output")
    return UsageError(f"{path}: cannot be written ({reason(error)}); {remedy}.")


@contextmanager
def writing(path: object) -> Iterator[None]:
    """Turn errors of the system inside the context into a UsageError about writing `path`."""
    try:
        yield
    except (OSError, ValueError) as error:
        if not _is_systems(error):
            raise
        raise unwritable(path, error) from error


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn errors of the system inside the context into an InputError about reading `path`."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the name.") from None
    except (OSError, ValueError) as error:
        if not _is_systems(error):
            raise
        raise InputError(f"{path}: cannot be read ({reason(error)}).") from error


def _is_systems(error: Exception) -> bool:
    """Whether it is an OSError, or Python's ValueError about a null byte in a path."""
    return isinstance(error, OSError) or "null byte" in str(error)


def expanded(path: str | Path) -> Path:
    """The path with ~ expanded; unchanged if the home folder is unknown."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
