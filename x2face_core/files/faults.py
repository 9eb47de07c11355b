"""What the system says when a file cannot be read or written, in words for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from x2face_core.errors import InputError, UsageError

WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""What only writing is refused for."""

_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another output",
    errno.EDQUOT: "delete something of yours, or choose another output",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def reason(error: BaseException) -> str:
    """Why, in one line: what the system says where it says something."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())


def unwritable(path: object, error: BaseException) -> UsageError:
    """The error for an output that the system refuses."""
    remedy = _REMEDIES.get(getattr(error, "errno", None) or 0, "choose another output")
    return UsageError(f"{path}: cannot be written ({reason(error)}); {remedy}.")


@contextmanager
def writing(path: object) -> Iterator[None]:
    """UsageError where the system refuses what is done within to write a path."""
    try:
        yield
    except (OSError, ValueError) as error:
        if not _is_systems(error):
            raise
        raise unwritable(path, error) from error


@contextmanager
def reading(path: object) -> Iterator[None]:
    """InputError where the system refuses what is done within to read a path."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the name.") from None
    except (OSError, ValueError) as error:
        if not _is_systems(error):
            raise
        raise InputError(f"{path}: cannot be read ({reason(error)}).") from error


def _is_systems(error: Exception) -> bool:
    """Whether the system refused something; of a name with a null byte Python says so itself."""
    return isinstance(error, OSError) or "null byte" in str(error)


def expanded(path: str | Path) -> Path:
    """A path whose ~ is the user's home, as a shell has it; as it is where nobody knows that home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
