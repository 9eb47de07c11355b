"""Tasks on a Dask cluster (the extra `scale`): one that runs already, or one embedded in this process.

Dask is imported when a cluster is asked for, and not before.
"""

from __future__ import annotations

import logging
import math
import platform
import re
import time
from asyncio import CancelledError as AsyncCancelledError
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

from x2face_core.errors import InputError, MissingError, UsageError
from x2face_core.files.faults import reason

PATIENCE = 60.0
"""Seconds until a cluster without workers is given up."""
_CONNECTING = 10.0  # seconds
_ADDRESS = re.compile(r"(\w+://)?[^\s/]+:\d+")
_RETRIES = 2  # of a task that raises; tasks of workers that die are repeated by the scheduler
_AHEAD = 4  # tasks in the scheduler's hands for each core, so that workers do not wait for this process
_LEAST = 8
_RENEWED = 5.0  # seconds until the workers are counted again

T = TypeVar("T")
R = TypeVar("R")


def has_dask() -> bool:
    """Whether the extra `scale` (dask.distributed) is installed."""
    return find_spec("distributed") is not None


@contextmanager
def cluster_of(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """The client of a cluster as options ask for it: of the scheduler at an address, or embedded; None of neither.

    UsageError if both are given; else as connected.
    """
    if workers and scheduler:
        raise UsageError("--workers counts processes here, and --scheduler uses workers elsewhere: give one of them.")
    if scheduler is not None:
        with connected(scheduler) as client:
            yield client
    elif workers is not None and workers > 1:
        _require_dask("--workers")
        with embedded(workers) as client:
            yield client
    else:
        yield None


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A Dask client of the scheduler at an address such as tcp://host:8786.

    UsageError for no such address; InputError if there is no scheduler, or if its workers cannot run x2face;
    MissingError without the extra `scale`.
    """
    _require_dask("--scheduler")
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"--scheduler {address}: expected HOST:PORT, such as tcp://node1:8786.")
    from distributed import Client

    _silence()
    try:
        client = Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise InputError(
            f"--scheduler {address}: no Dask scheduler answers there ({_first_line(error)}); "
            "`dask scheduler` starts one and prints its address."
        ) from error
    try:
        _check_workers(client, address)
        yield client
    finally:
        with suppress(OSError, RuntimeError, CancelledError, AsyncCancelledError):
            client.close(timeout=2)


@contextmanager
def embedded(workers: int) -> Iterator[Any]:
    """A Dask client of a cluster of processes on this machine, one task in each at a time; it ends with the context."""
    from distributed import Client, LocalCluster

    _silence()
    with TemporaryDirectory(prefix="x2face-dask-", ignore_cleanup_errors=True) as scratch:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=None,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=scratch,
        )
        try:
            with Client(cluster, set_as_default=False) as client:
                yield client
        finally:
            with suppress(OSError, RuntimeError, CancelledError, AsyncCancelledError):
                cluster.close(timeout=5)


def performed(
    client: Any, function: Callable[[T], R], tasks: Iterable[T], lost: Callable[[T], R]
) -> Generator[R, None, None]:
    """Perform a function on all tasks; yields results as they come, each once.

    Tasks have to be idempotent: one is repeated if it raises, and if its worker dies. On an error of the caller, tasks
    that have not begun are cancelled.

    lost: makes the result of a task with which workers died again and again, at last while it was alone
    InputError if the scheduler ends.
    """
    from distributed import KilledWorker

    flight, suspects = _Flight(client, function, tasks), list[T]()
    try:
        with _scheduler_errors(client):
            for future, task in flight.ended():
                try:
                    result = future.result()
                except KilledWorker:
                    suspects.append(task)
                else:
                    yield result
            for suspect in suspects:  # one by one, as some were only on workers that others ended
                flight.submit([suspect])
                for future, task in flight.ended():
                    try:
                        result = future.result()
                    except KilledWorker:
                        result = lost(task)
                    yield result
    finally:
        flight.cancel()


class _Flight(Generic[T, R]):
    """Tasks in the scheduler's hands: as many as it needs, of those that are waiting."""

    def __init__(self, client: Any, function: Callable[[T], R], tasks: Iterable[T]) -> None:
        from distributed import as_completed

        self.client, self.function, self.waiting = client, function, iter(tasks)
        self.queue, self.window = as_completed(loop=client.loop), _Window(client)
        self.futures: dict[str, tuple[Any, T]] = {}

    def submit(self, tasks: Iterable[T]) -> None:
        for task in tasks:
            future = self.client.submit(self.function, task, retries=_RETRIES, pure=False)
            self.futures[future.key] = future, task
            self.queue.add(future)

    def ended(self) -> Iterator[tuple[Any, T]]:
        """Futures that have ended and their tasks, as they come, until nothing is left."""
        self.submit(islice(self.waiting, self.window.size()))
        for future in self.queue:
            task = self.futures.pop(future.key)[1]
            self.submit(islice(self.waiting, max(1, self.window.size() - len(self.futures))))
            yield future, task
            future.release()

    def cancel(self) -> None:
        """What has not ended."""
        if self.futures:
            with suppress(OSError, RuntimeError, CancelledError, AsyncCancelledError):
                self.client.cancel([future for future, _ in self.futures.values()], force=True)


def check_place(folder: Path) -> None:
    """InputError, on a worker, if it does not see a folder of the process that called it."""
    if not folder.is_dir():
        raise InputError(f"{folder}: the worker on {platform.node()} sees no such folder; all need the same disk.")


class _Window:
    """How many tasks to hand over: some for each core, of which there may be more or fewer as time goes on."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.asked = -math.inf
        self.cores = 0

    def size(self) -> int:
        if time.monotonic() > self.asked + _RENEWED:
            self.cores, self.asked = sum(self.client.nthreads().values()), time.monotonic()
        return max(_LEAST, _AHEAD * self.cores)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.submit(_hello, pure=False).result(timeout=PATIENCE)
    except TimeoutError:
        raise InputError(
            f"--scheduler {address}: no worker took a task in {PATIENCE:.0f} s; `dask worker {address}` starts one."
        ) from None
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"--scheduler {address}: its workers cannot run x2face ({_first_line(error)}); install it there too."
        ) from error
    except (OSError, CancelledError, AsyncCancelledError) as error:
        raise _ended(client) from error


def _hello() -> str:
    return platform.node()


@contextmanager
def _scheduler_errors(client: Any) -> Iterator[None]:
    """Turn the loss of the scheduler into an InputError."""
    from distributed.comm.core import CommClosedError

    try:
        yield
    except (CommClosedError, CancelledError, AsyncCancelledError) as error:
        raise _ended(client) from error


def _ended(client: Any) -> InputError:
    address = getattr(getattr(client, "scheduler", None), "address", "it")
    return InputError(f"the Dask scheduler at {address} has ended; with another one the same line goes on.")


def _silence() -> None:
    """Keep Dask from logging what is told as one error here."""
    import_module("distributed.client")  # what it imports has loggers

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _require_dask(option: str) -> None:
    if not has_dask():
        raise MissingError(f"{option} needs Dask: pip install 'x2face[scale]'.")


def _first_line(error: BaseException) -> str:
    return reason(error)[:200]
