"""Calling code that others wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from x2face_core.errors import InputError, PluginError, X2FaceError

T = TypeVar("T")
_known: list[Callable[[], bool]] = []
Inputs = tuple[tuple[str, Path], ...]


@dataclass(frozen=True)
class Owner:
    """Whose code is called; as text it names the culprit in an error, such as driver 'nod' of acme 1.0.

    role: driver, overlay, mapping or command
    dist, version: the distribution that brings it; empty where nobody installed it
    """

    role: str
    name: str
    dist: str = ""
    version: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.role, repr(self.name), f"of {self.dist}" * bool(self.dist), self.version)))


def call_foreign(owner: Owner, call: Callable[[], T], inputs: Inputs = ()) -> T:
    """What a plugin's code answers; its bugs become one PluginError that names the owner.

    An X2FaceError that the plugin raises itself passes as it is.
    inputs: the option, such as --nod, and the path of each file and folder that the user named for it; an OSError or
        UnicodeDecodeError about one of them is no bug but an InputError
    """
    folder = working_folder()
    try:
        return call()
    except X2FaceError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error, inputs) or _failed(owner, error) from error
    except BaseException as error:
        if is_interrupt(error):
            raise
        raise _failed(owner, error) from error
    finally:
        restore_folder(folder)


def working_folder() -> str | None:
    """Where relative names begin; None where that folder is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 (asked at each call of others' code)
    except OSError:
        return None


def restore_folder(folder: str | None) -> None:
    """Others' code may have gone elsewhere: go back, so that names of ours mean what they meant."""
    if folder is not None and folder != working_folder():
        with suppress(OSError):
            os.chdir(folder)


@contextmanager
def tracking_interrupts(came: Callable[[], bool]) -> Iterator[None]:
    """For as long as somebody hears of each Ctrl-C, a KeyboardInterrupt without one is code that raised it itself.

    came: whether one has come
    """
    _known.append(came)
    try:
        yield
    finally:
        _known.remove(came)


def is_interrupt(error: BaseException) -> bool:
    """Whether it is the user's Ctrl-C, which goes through everything."""
    return isinstance(error, KeyboardInterrupt) and (not _known or _known[-1]())


def describe_error(error: BaseException) -> str:
    """An exception's kind and message in one line, whatever its own code makes of being asked."""
    try:
        text = " ".join(str(error).split())
    except BaseException as fault:
        if is_interrupt(fault):
            raise
        text = "its message cannot be told"
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _failed(owner: Owner, error: BaseException) -> PluginError:
    return PluginError(f"The {owner} failed: {describe_error(error)}")


def _unreadable(error: OSError | UnicodeDecodeError, inputs: Inputs) -> InputError | None:
    """The error as one about an input of the user's, if it is about one."""
    if isinstance(error, UnicodeDecodeError):
        files = [(option, path) for option, path in inputs if path.is_file()]
        reason = f"is no text in UTF-8 (byte {error.start})"
    else:
        files = [(option, path) for option, path in inputs if _is_about(error, path)]
        reason = f"cannot be read ({error.strerror or error})"
    return InputError(f"{files[0][0]} {files[0][1]}: {reason}.") if len(files) == 1 else None


def _is_about(error: OSError, path: Path) -> bool:
    """Whether it names the path or something inside it; libraries that wrap errors name it in their text only."""
    if error.filename is None:
        return str(path) in str(error)
    named, path = Path(str(error.filename)).absolute(), path.absolute()
    return named == path or path in named.parents
