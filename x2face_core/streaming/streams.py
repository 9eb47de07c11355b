"""Iterators in background threads: prefetching, and the latest item of a live stream."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


def close(items: Iterable[object]) -> None:
    """Close a generator now, not at garbage collection; does nothing for other iterables."""
    if isinstance(items, Generator):
        items.close()


def prefetch(items: Iterable[T], limit: int = 4) -> Generator[T]:
    """Yield the items, produced in a thread up to `limit` ahead; exceptions are raised in their place in the order.

    The thread starts with the first item and ends with this generator.
    """
    waiting: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(limit)
    stop = threading.Event()
    thread = threading.Thread(target=_produce, args=(items, waiting, stop), daemon=True)
    thread.start()
    try:
        while (found := waiting.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]
    finally:
        stop.set()
        thread.join(timeout=5)


def _produce(items: Iterable[T], waiting: queue.Queue[tuple[T] | BaseException | None], stop: threading.Event) -> None:
    """Put each item into the queue, as a tuple of one, then None; or the exception that ends the items."""
    try:
        for item in items:
            _put(waiting, (item,), stop)
            if stop.is_set():
                return
        _put(waiting, None, stop)
    except BaseException as error:  # noqa: BLE001 (raised again in the consuming thread)
        _put(waiting, error, stop)
    finally:
        close(items)


def _put(waiting: queue.Queue[T], item: T, stop: threading.Event) -> None:
    """Wait for room in the queue; gives up once `stop` is set."""
    while not stop.is_set():
        with suppress(queue.Full):
            waiting.put(item, timeout=0.1)
            return


PATIENCE = 2.0
"""Seconds to wait for the thread of a closed stream."""


class Latest(Generic[T]):
    """The latest item of a stream that is read in a thread; a stalled stream does not block the consumer."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self._lock = threading.Lock()
        self._item: T | None = None
        self._error: BaseException | None = None
        self._ended = self._seen = self._stop = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for item in self._items:
                with self._lock:
                    self._item, self._seen = item, False
                if self._stop:
                    return
        except BaseException as error:  # noqa: BLE001 (raised again by take)
            self._error = error
        finally:
            self._ended = True
            close(self._items)

    def take(self) -> tuple[T | None, bool]:
        """The latest item (None before the first), and whether the stream has ended; raises the stream's exception."""
        ended = self._ended
        with self._lock:
            over = ended and (self._seen or self._item is None)
            self._seen = True
            item = self._item
        if over and self._error is not None:
            raise self._error
        return item, over

    def close(self) -> None:
        """Stop the thread after its current item; one that is blocked waiting for input ends with the program.

        A thread that is computing must not outlive the interpreter, which would abort.
        """
        self._stop = True
        if self._thread is not threading.current_thread():
            self._thread.join(PATIENCE)


def paced(
    source: Latest[T],
    rest: T,
    fps: float,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[T]:
    """Yield the latest item `fps` times a second in real time; `rest` before the first item.

    clock, wait: time source and sleep, replaceable in tests
    """
    start = clock()
    tick = 0
    try:
        while True:
            wait(max(0.0, start + tick / fps - clock()))
            item, over = source.take()
            if over:
                return
            yield rest if item is None else item
            tick += 1
    finally:
        source.close()
