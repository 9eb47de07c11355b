"""Files at rest: whether an input is there to be read, and outputs that appear under their name only when whole."""

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
# What systems and disks without hard links answer to one.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EXDEV,
             errno.EINVAL}  # fmt: skip


def readable_file(path: str | Path) -> Path:
    """The path, absolute, if a file with content is there. InputError says what is wrong otherwise."""
    place = expanded(path)
    with reading(path):
        known = place.stat()
    if stat.S_ISDIR(known.st_mode):
        raise InputError(f"{path}: is a folder, a file is needed.")
    if not stat.S_ISREG(known.st_mode):
        raise InputError(f"{path}: is {_kind(known)}, a file is needed; save what comes from it to one.")
    if known.st_size == 0:
        raise InputError(f"{path}: is empty (0 bytes); copy or record it again.")
    if not os.access(place, os.R_OK):
        raise InputError(f"{path}: may not be read; check its permissions.")
    note(place)
    return place.absolute()


def _kind(known: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(known.st_mode), "no file")


def resolved(path: str | Path) -> Path:
    """Where an output really goes: absolute, ~ expanded, links followed. UsageError for a pipe, a device, a socket."""
    with writing(path):
        place = Path(os.path.realpath(expanded(path)))
        known = _status(place)
    if known is not None and not (stat.S_ISREG(known.st_mode) or stat.S_ISDIR(known.st_mode)):
        raise UsageError(f"{path} is {_kind(known)}, not a file; choose another output.")
    return place


def _status(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def make_folders_above(path: str | Path) -> None:
    """Make the folder that an output goes to. UsageError where the system refuses that."""
    with writing(path):
        resolved(path).parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def atomic_file(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """A name in a hidden folder beside `path` to write a file to, which becomes `path` at the end.

    overwrite: else a file that is there by then stays, and this fails
    Where anything goes wrong nothing is left. UsageError where the system refuses the place, or a run that is going on
    has read the file that would be replaced (files.ledger).
    """
    place = resolved(path)
    with ExitStack() as stack:
        with writing(path):
            made = stack.enter_context(temporary_folder(place.parent)) / place.name
        yield made
        refuse_read(place)
        with writing(path):
            _sync(made)
            if overwrite:
                made.replace(place)
            else:
                _move(made, place, path)


@contextmanager
def atomic_folder(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """The same for a folder of numbered pictures: the folder that is yielded becomes `path`.

    A folder that is there already stays, with its owner, its permissions and whatever it is mounted on; its numbered
    pictures are replaced, where `overwrite` says so. UsageError also where it holds anything else.
    """
    place = resolved(path)
    with ExitStack() as stack:
        with writing(path):
            made = stack.enter_context(temporary_folder(place if place.is_dir() else place.parent)) / "pictures"
            made.mkdir()
        yield made
        with writing(path):
            if place.is_dir():
                refuse_others(place)
                refuse_read(place)
                _exchange(made, place, path, overwrite)
            else:
                _move_folder(made, place, path)


def refuse_others(folder: Path) -> None:
    """UsageError where a folder holds anything but numbered pictures, as a film's folder does."""
    for entry in list(folder.iterdir()):
        ours = entry.name.startswith(PREFIX) or (_NUMBERED.fullmatch(entry.name) and entry.is_file())
        if not ours:
            raise UsageError(f"{folder}: holds other files ({entry.name}) and is not replaced; choose another folder.")


def _move_folder(made: Path, place: Path, path: str | Path) -> None:
    try:
        made.rename(place)  # takes the place of an empty folder, and of nothing else
    except OSError as error:
        raise _appeared(path) if os.path.lexists(place) else error from None


def _exchange(made: Path, place: Path, path: str | Path, overwrite: bool) -> None:
    """Move new pictures into a folder, and its old ones out; all of them back where anything goes wrong."""
    old, new = _pictures(place), _pictures(made)
    if old and not overwrite:
        raise _appeared(path)
    aside = made.with_name("old")
    aside.mkdir()
    try:
        for name in old:
            (place / name).rename(aside / name)
        for name in new:
            _move(made / name, place / name, path)
    except BaseException:
        for name in _pictures(aside):
            (aside / name).replace(place / name)
        for name in set(new) - set(_pictures(made)) - set(old):
            (place / name).unlink(missing_ok=True)
        raise


def _pictures(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(PREFIX))


def _move(made: Path, place: Path, path: str | Path) -> None:
    """Give a file its name unless there is one of that name. UsageError where there is."""
    try:
        os.link(made, place)
    except FileExistsError:
        raise _appeared(path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _claim(place, path)
        made.replace(place)
    else:
        made.unlink()


def _claim(place: Path, path: str | Path) -> None:
    """The same where a disk has no links: an empty file first, as that can be made only where there is none."""
    try:
        place.touch(exist_ok=False)
    except FileExistsError:
        raise _appeared(path) from None


def _appeared(path: str | Path) -> UsageError:
    return UsageError(f"{path} has appeared meanwhile and was left alone; --overwrite replaces it.")


def _sync(made: Path) -> None:
    """Have all of a file on the disk before it gets its name: a disk may be found to be full only now."""
    handle = os.open(made, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
