"""A producer and a consumer thread: items are produced in the calling thread, where Ctrl-C arrives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

_AHEAD = 8  # length of the queue
_PAUSE = 0.002  # seconds


class _Abandoned(Exception):
    """Raised in the consumer thread to make it stop without finishing."""


@dataclass(frozen=True)
class Outcome:
    """Number of items consumed, and the KeyboardInterrupt that ended their production, if any."""

    count: int
    interrupted: KeyboardInterrupt | None = None


def in_thread(work: Callable[[Iterator[T]], int], items: Iterable[T]) -> Outcome:
    """Run `work` on the items in a thread while the next ones are produced here.

    Ctrl-C while items are produced ends the production: `work` finishes with the items so far, and the outcome has the
    interrupt. A second Ctrl-C, or any other exception, stops the thread and is raised, as are exceptions of `work`.
    """
    worker = _Worker(work)
    interrupted = None
    try:
        try:
            for item in items:
                worker.take(item)
        except KeyboardInterrupt as stop:
            interrupted = stop
        worker.finish()
    except BaseException:
        worker.abandon()
        raise
    return Outcome(worker.result(), interrupted)


class _Worker(Generic[T]):
    def __init__(self, work: Callable[[Iterator[T]], int]) -> None:
        self._work = work
        self._line: SimpleQueue[tuple[T] | None] = SimpleQueue()
        self._abandoned = False
        self._count = 0
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="x2face-writer", daemon=True)
        self._thread.start()

    def take(self, item: T) -> None:
        while self._line.qsize() >= _AHEAD and self._thread.is_alive():
            time.sleep(_PAUSE)
        if not self._thread.is_alive():
            self.result()  # raises the exception that ended the thread
        self._line.put((item,))

    def finish(self) -> None:
        self._line.put(None)
        while self._thread.is_alive():
            time.sleep(_PAUSE)

    def abandon(self) -> None:
        self._abandoned = True
        self.finish()

    def result(self) -> int:
        if self._error is not None:
            raise self._error
        return self._count

    def _run(self) -> None:
        try:
            self._count = self._work(self._items())
        except BaseException as error:  # noqa: BLE001 (raised again in the calling thread)
            self._error = error

    def _items(self) -> Iterator[T]:
        while (item := self._line.get()) is not None:
            if self._abandoned:
                break
            yield item[0]
        if self._abandoned:
            raise _Abandoned
