"""Checks of input files, and atomic writing of output files and folders."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from x2face_core.errors import InputError, UsageError
from x2face_core.files.faults import expanded, reading, writing
from x2face_core.files.ledger import note, refuse_read
from x2face_core.files.temporary import PREFIX, temporary_folder

_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
_NUMBERED = re.compile(r"\d{6,}\.png")
# Errors for a hard link on systems and disks without them.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EXDEV,
             errno.EINVAL}  # fmt: skip


def readable_file(path: str | Path) -> Path:
    """The absolute path of a readable, non-empty file. InputError says what is wrong otherwise."""
    target = expanded(path)
    with reading(path):
        known = target.stat()
    if stat.S_ISDIR(known.st_mode):
        raise InputError(f"{path}: is a folder, a file is needed.")
    if not stat.S_ISREG(known.st_mode):
        raise InputError(f"{path}: is {_kind(known)}, a file is needed; save what comes from it to one.")
    if known.st_size == 0:
        raise InputError(f"{path}: is empty (0 bytes); copy or record it again.")
    if not os.access(target, os.R_OK):
        raise InputError(f"{path}: may not be read; check its permissions.")
    note(target)
    return target.absolute()


def _kind(known: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(known.st_mode), "no file")


def resolved(path: str | Path) -> Path:
    """The output path, absolute, with ~ expanded and links followed. UsageError for a pipe, a device or a socket."""
    with writing(path):
        target = Path(os.path.realpath(expanded(path)))
        known = _status(target)
    if known is not None and not (stat.S_ISREG(known.st_mode) or stat.S_ISDIR(known.st_mode)):
        raise UsageError(f"{path} is {_kind(known)}, not a file; choose another output.")
    return target


def _status(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def make_folders_above(path: str | Path) -> None:
    """Create the parent folders of an output. UsageError if that fails."""
    with writing(path):
        resolved(path).parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def atomic_file(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Write a file atomically: yields a temporary path in the same folder, which is renamed to `path` at the end.

    overwrite: replace an existing file; else that is a UsageError
    On any error nothing is left behind. UsageError if the path cannot be written, or if a run in progress has read the
    file that would be replaced (files.ledger).
    """
    target = resolved(path)
    with ExitStack() as stack:
        with writing(path):
            made = stack.enter_context(temporary_folder(target.parent)) / target.name
        yield made
        refuse_read(target)
        with writing(path):
            _sync(made)
            if overwrite:
                made.replace(target)
            else:
                _move(made, target, path)


@contextmanager
def atomic_folder(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Write a folder of numbered pictures atomically: yields a temporary folder, which becomes `path` at the end.

    An existing folder is kept, with its owner, permissions and mount; its numbered pictures are replaced if `overwrite`
    is set. UsageError also if it holds anything else.
    """
    target = resolved(path)
    with ExitStack() as stack:
        with writing(path):
            made = stack.enter_context(temporary_folder(target if target.is_dir() else target.parent)) / "pictures"
            made.mkdir()
        yield made
        with writing(path):
            if target.is_dir():
                refuse_others(target)
                refuse_read(target)
                _exchange(made, target, path, overwrite)
            else:
                _move_folder(made, target, path)


def refuse_others(folder: Path) -> None:
    """UsageError if a folder holds anything but numbered pictures."""
    for entry in list(folder.iterdir()):
        ours = entry.name.startswith(PREFIX) or (_NUMBERED.fullmatch(entry.name) and entry.is_file())
        if not ours:
            raise UsageError(f"{folder}: holds other files ({entry.name}) and is not replaced; choose another folder.")


def _move_folder(made: Path, target: Path, path: str | Path) -> None:
    try:
        made.rename(target)  # succeeds only if the target is missing or an empty folder
    except OSError as error:
        raise _appeared(path) if os.path.lexists(target) else error from None


def _exchange(made: Path, target: Path, path: str | Path, overwrite: bool) -> None:
    """Replace the pictures of a folder by new ones; undone if anything goes wrong."""
    old, new = _pictures(target), _pictures(made)
    if old and not overwrite:
        raise _appeared(path)
    aside = made.with_name("old")
    aside.mkdir()
    try:
        for name in old:
            (target / name).rename(aside / name)
        for name in new:
            _move(made / name, target / name, path)
    except BaseException:
        for name in _pictures(aside):
            (aside / name).replace(target / name)
        for name in set(new) - set(_pictures(made)) - set(old):
            (target / name).unlink(missing_ok=True)
        raise


def _pictures(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(PREFIX))


def _move(made: Path, target: Path, path: str | Path) -> None:
    """Give a file its name without replacing another; UsageError if there is one."""
    try:
        os.link(made, target)
    except FileExistsError:
        raise _appeared(path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _claim(target, path)
        made.replace(target)
    else:
        made.unlink()


def _claim(target: Path, path: str | Path) -> None:
    """The same on a disk without hard links: reserve the name by exclusive creation of an empty file."""
    try:
        target.touch(exist_ok=False)
    except FileExistsError:
        raise _appeared(path) from None


def _appeared(path: str | Path) -> UsageError:
    return UsageError(f"{path} has appeared meanwhile and was left alone; --overwrite replaces it.")


def _sync(made: Path) -> None:
    """Flush a file to the disk before it is renamed: a full disk may be reported only now."""
    handle = os.open(made, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
