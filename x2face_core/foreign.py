"""Calling plugin code: its exceptions become errors that name the plugin."""

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
    """The plugin object whose code is called; as text it is, for instance, driver 'nod' of acme 1.0.

    role: driver, overlay, mapping or command
    dist, version: of its distribution; empty if it is not installed
    """

    role: str
    name: str
    dist: str = ""
    version: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.role, repr(self.name), f"of {self.dist}" * bool(self.dist), self.version)))


def call_foreign(owner: Owner, call: Callable[[], T], inputs: Inputs = ()) -> T:
    """Call a plugin's code and return its result; exceptions become a PluginError that names the owner.

    An X2FaceError that the plugin raises itself is passed on.
    inputs: option, such as --nod, and path of each file and folder that the user named for the plugin; an OSError or
        UnicodeDecodeError about one of them becomes an InputError
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
    """The current working directory; None if it has been deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 (called for each call of plugin code)
    except OSError:
        return None


def restore_folder(folder: str | None) -> None:
    """Change back to a working directory, in case plugin code has changed it."""
    if folder is not None and folder != working_folder():
        with suppress(OSError):
            os.chdir(folder)


@contextmanager
def tracking_interrupts(came: Callable[[], bool]) -> Iterator[None]:
    """Within the context, a KeyboardInterrupt without a recorded Ctrl-C is attributed to the code that raised it.

    came: whether a Ctrl-C has been recorded
    """
    _known.append(came)
    try:
        yield
    finally:
        _known.remove(came)


def is_interrupt(error: BaseException) -> bool:
    """Whether it is the user's Ctrl-C, which is never turned into another error."""
    return isinstance(error, KeyboardInterrupt) and (not _known or _known[-1]())


def describe_error(error: BaseException) -> str:
    """An exception's type and message in one line; survives exceptions in its own __str__."""
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
    """The InputError for an error about one of the inputs; None if it is about something else."""
    if isinstance(error, UnicodeDecodeError):
        files = [(option, path) for option, path in inputs if path.is_file()]
        reason = f"is no text in UTF-8 (byte {error.start})"
    else:
        files = [(option, path) for option, path in inputs if _is_about(error, path)]
        reason = f"cannot be read ({error.strerror or error})"
    return InputError(f"{files[0][0]} {files[0][1]}: {reason}.") if len(files) == 1 else None


def _is_about(error: OSError, path: Path) -> bool:
    """Whether the error names the path or a file below it; some libraries name it in the message only."""
    if error.filename is None:
        return str(path) in str(error)
    named, path = Path(str(error.filename)).absolute(), path.absolute()
    return named == path or path in named.parents
