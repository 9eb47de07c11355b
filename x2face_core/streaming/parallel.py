"""Computing several items at the same time, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import torch

from x2face_core.streaming.allocating import keep_freed_memory

T = TypeVar("T")
R = TypeVar("R")

MOST = 8
"""Largest number of workers: beyond, what reads and writes films is slower than they are."""


def in_parallel(compute: Callable[[T], R], items: Iterable[T], workers: int) -> Generator[R]:
    """Results of `compute` for each item, in order, computed in threads with one torch thread each.

    Up to `workers` items are taken ahead of the result that is asked for; with fewer than two workers, none is, and
    nothing is computed in other threads. Exceptions of `compute` and of `items` are raised in their place. Closing it
    does not wait for the workers: it may be garbage that is collected while a thread starts, where waiting for another
    one never ends (both need the lock of threading's list of threads).
    """
    workers = min(workers, MOST)
    if workers < 2:
        yield from map(compute, items)
        return
    pool = _single_threaded(workers)
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(compute, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _single_threaded(workers: int) -> ThreadPoolExecutor:
    """A pool whose threads compute with one torch thread each; the number of the calling thread's does not change."""
    keep_freed_memory()
    pool, started = ThreadPoolExecutor(workers, thread_name_prefix="x2face-worker"), Barrier(workers)

    def start(_: int) -> None:
        torch.get_num_threads()  # which a thread's first call sets to the default
        torch.set_num_threads(1)  # of this thread, and the default
        started.wait()

    threads = torch.get_num_threads()
    list(pool.map(start, range(workers)))
    torch.set_num_threads(threads)
    return pool
