"""Performing of tasks: in this process, in several, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from x2face_core import clusters
from x2face_core.errors import InputError

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Task(Protocol[R_co]):
    """An idempotent piece of work that leaves its outcome on the disk."""

    @property
    def out(self) -> Path:
        """The output folder, which exists."""

    def perform(self) -> R_co:
        """Do it, skipping what was done before."""

    def lost(self) -> R_co:
        """The result when processes that performed it ended again and again."""


class Performer:
    """Performs tasks; yields their results as they finish. Ctrl-C ends the processes.

    workers: number of processes; None: one for each core, and not more than tasks
    client: of a Dask cluster (clusters.connected), whose workers perform the tasks instead
    Several processes are an embedded Dask cluster where the extra `scale` is installed: it outlives workers that die.
    """

    def __init__(self, workers: int | None = None, client: Any = None) -> None:
        self.workers, self.client = workers, client

    def __call__(self, tasks: Sequence[Task[R]]) -> Generator[R, None, None]:
        perform: Callable[[Task[R]], R] = _perform
        afar: Callable[[Task[R]], R] = _perform_afar
        lost: Callable[[Task[R]], R] = _lost
        count = min(self.workers or os.cpu_count() or 1, len(tasks))
        if self.client is not None:
            yield from clusters.performed(self.client, afar, tasks, lost)
        elif count <= 1:
            yield from map(_perform, tasks)
        elif clusters.has_dask():
            with clusters.embedded(count) as client:
                yield from clusters.performed(client, perform, tasks, lost)
        else:
            yield from _in_pool(tasks, count)


def _in_pool(tasks: Sequence[Task[R]], count: int) -> Iterator[R]:
    try:
        yield from _in_processes(tasks, count)
    except BrokenProcessPool:
        raise InputError(
            "a process was ended from outside, as happens where memory runs out; "
            "the same line goes on, with --workers 1 it takes least."
        ) from None


def _perform(task: Task[R]) -> R:
    return task.perform()


def _perform_afar(task: Task[R]) -> R:
    """On another machine: check that it shares the disk, lest every input counts as missing."""
    clusters.check_place(task.out)
    return task.perform()


def _lost(task: Task[R]) -> R:
    return task.lost()


def _in_processes(tasks: Sequence[Task[R]], count: int) -> Iterator[R]:
    """Submit no more tasks than there are processes, so that none begins after Ctrl-C."""
    waiting = iter(tasks)
    with _processes(count) as pool:
        running: set[Future[R]] = {pool.submit(_perform, task) for task in islice(waiting, count)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(_perform, task) for task in islice(waiting, 1)}


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes that ignore Ctrl-C; this process ends them on any error."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)  # unwinds the stack, which removes unfinished files
