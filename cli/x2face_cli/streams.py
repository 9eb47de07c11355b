"""Robust standard streams: a closed pipe is not an error, a full disk gives one line."""

from __future__ import annotations

import io
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
    """During a command, make sure that stdout and stderr exist, accept any text, and handle write errors."""
    _open_closed_ones()
    before = sys.stdout, sys.stderr
    sys.stdout = _Guarded(_lenient(sys.stdout), silent=False)
    sys.stderr = _Guarded(_lenient(sys.stderr), silent=True)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _open_closed_ones() -> None:
    """Open closed standard streams (`>&-`) on the null device, so that no other file gets their descriptor."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free descriptor
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115, PTH123 (stays open)


def _lenient(stream: TextIO) -> TextIO:
    """Make a stream escape what cannot be encoded, such as undecodable file names."""
    if isinstance(stream, io.TextIOWrapper):  # a test's may be another
        with suppress(OSError, ValueError):
            stream.reconfigure(errors="surrogateescape" if "utf" in stream.encoding.lower() else "backslashreplace")
    return stream


@contextmanager
def results_apart() -> Iterator[TextIO]:
    """Yield a stream for results; other output to stdout, at any level, goes to stderr meanwhile."""
    before = sys.stdout
    with ExitStack() as restored:
        if (apart := _apart(before)) is not None:
            restored.callback(apart.close)
        restored.enter_context(stdout_as_stderr())
        guarded: Any = None if apart is None else _Guarded(apart, silent=False)
        yield guarded or before


def _apart(stream: TextIO) -> TextIO | None:
    """Duplicate a stream's descriptor; None if it has none, as in a test."""
    try:
        if stream.fileno() != STDOUT:
            return None
        return open(os.dup(STDOUT), "w", encoding=stream.encoding, errors=stream.errors)  # noqa: PTH123 (a descriptor)
    except (OSError, ValueError, AttributeError):
        return None


class _Guarded:
    """A text stream that handles write errors.

    silent: ignore all errors, for stderr; else only that of a closed pipe
    """

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        self._stream = stream
        self._silent = silent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if text != "":  # click writes "" to detect the type of the stream
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
        """Redirect all further and buffered output to the null device."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        with suppress(OSError, ValueError):
            os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
