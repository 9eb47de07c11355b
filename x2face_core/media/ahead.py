"""Work that is begun in a thread before its result is needed."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """Raised in work whose result nobody will ask for."""


def refuse_stopped(stopped: threading.Event) -> None:
    """Raise Stopped if the event is set; work calls it every now and then."""
    if stopped.is_set():
        raise Stopped


class Ahead(Generic[T]):
    """The result of `work`, which runs in a thread from now on.

    work: given an event that is set when the result is no longer wanted: when this object is gone, or the program ends.
        The thread is waited for then, as one that computes must not outlive the interpreter
    """

    def __init__(self, work: Callable[[threading.Event], T]) -> None:
        self._found: list[T] = []
        self._errors: list[BaseException] = []
        stopped = threading.Event()
        self._thread = threading.Thread(
            target=_run, args=(work, stopped, self._found, self._errors), name="x2face-ahead", daemon=True
        )
        self._thread.start()
        self._stop = weakref.finalize(self, _stop, stopped, self._thread)

    def stop(self) -> None:
        """End the work, and wait for that: its result is not wanted."""
        self._stop()

    def __call__(self) -> T:
        """Wait for the result; raises what `work` raised. Ctrl-C while waiting stops it."""
        try:
            self._thread.join()
        except BaseException:
            self._stop()
            raise
        if self._errors:
            raise self._errors[0]
        return self._found[0]


def _run(
    work: Callable[[threading.Event], T], stopped: threading.Event, found: list[T], errors: list[BaseException]
) -> None:
    try:
        found.append(work(stopped))
    except BaseException as error:  # noqa: BLE001 (raised again where the result is asked for)
        errors.append(error)


def _stop(stopped: threading.Event, thread: threading.Thread) -> None:
    stopped.set()
    if thread is not threading.current_thread():
        thread.join()
