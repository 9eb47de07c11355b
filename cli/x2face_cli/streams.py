"""Standard streams that fail as a user expects: a reader that has gone is no error, a full disk is one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TextIO

from x2face_core.errors import UsageError
from x2face_core.files.faults import reason
from x2face_plugins.quieting import STDOUT, stdout_as_stderr


@contextmanager
def guarded_streams() -> Iterator[None]:
    """For the time of a command, stdout and stderr that are there, that take any text, and that are guarded."""
    _open_closed_ones()
    before = sys.stdout, sys.stderr
    sys.stdout = _Guarded(_lenient(sys.stdout), silent=False)
    sys.stderr = _Guarded(_lenient(sys.stderr), silent=True)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _open_closed_ones() -> None:
    """Where a standard stream was closed, as by `>&-`, the next file that is opened would be taken for it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115, PTH123


def _lenient(stream: TextIO) -> TextIO:
    """Names of files need not be text, and not every terminal has every letter: what has no form is escaped."""
    with suppress(AttributeError, OSError, ValueError):  # a stream of a test, say
        stream.reconfigure(errors="surrogateescape" if "utf" in stream.encoding.lower() else "backslashreplace")  # type: ignore[attr-defined]
    return stream


@contextmanager
def results_apart() -> Iterator[TextIO]:
    """A stream for results alone; whatever else is written to stdout meanwhile, by whatever code, goes to stderr."""
    before = sys.stdout
    with ExitStack() as restored:
        if (apart := _apart(before)) is not None:
            restored.callback(apart.close)
        restored.enter_context(stdout_as_stderr())
        yield before if apart is None else _Guarded(apart, silent=False)  # type: ignore[misc]


def _apart(stream: TextIO) -> TextIO | None:
    """The same file under a descriptor of its own; None where the stream has none, as in a test."""
    try:
        if stream.fileno() != STDOUT:
            return None
        return open(os.dup(STDOUT), "w", encoding=stream.encoding, errors=stream.errors)  # noqa: PTH123
    except (OSError, ValueError, AttributeError):
        return None


class _Guarded:
    """A text stream whose writing fails quietly.

    silent: with any error, as nobody could be told of one; else with that of a reader that has gone only
    """

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        self._stream = stream
        self._silent = silent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if text != "":  # which click writes to find out what this is
            with self._surviving():
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._surviving():
            self._stream.flush()

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._give_up()
            if not (self._silent or isinstance(error, BrokenPipeError)):
                raise UsageError(f"stdout: cannot be written ({reason(error)}).") from error

    def _give_up(self) -> None:
        """Let what is still to come, and what waits in the buffer, go nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        with suppress(OSError, ValueError):
            os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
