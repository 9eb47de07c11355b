"""A Dask scheduler and its workers as processes of their own, to be killed by tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 600
"""Seconds after which a test is given up: a guard against waiting for ever, beyond what any busy machine takes."""


@dataclass
class Cluster:
    """folder: for its files and logs; address: of the scheduler; workers: processes of one thread each"""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> subprocess.Popen[bytes]:
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", str(PATIENCE)]
        place = ["--local-directory", str(self.folder)]
        self.workers.append(_started(self.folder, "dask_worker", self.address, *options, *place))
        return self.workers[-1]


@contextmanager
def running_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    file = folder / "scheduler.json"
    options = ["--port", "0", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(file)]
    scheduler = _started(folder, "dask_scheduler", *options)
    cluster = Cluster(folder, scheduler, "")
    try:
        wait_for(lambda: file.exists() or scheduler.poll() is not None)
        assert scheduler.poll() is None, (folder / "dask_scheduler.log").read_text()
        cluster.address = _address(file)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in (*cluster.workers, scheduler):
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def kill(process: int | subprocess.Popen[bytes]) -> None:
    os.kill(process if isinstance(process, int) else process.pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Processes below one, without multiprocessing's tracker of resources."""
    import psutil

    below = psutil.Process(pid).children(recursive=True)
    return [one.pid for one in below if "resource_tracker" not in " ".join(one.cmdline())]


def _address(file: Path) -> str:
    import json

    wait_for(lambda: file.read_text().strip().endswith("}"))
    address: str = json.loads(file.read_text())["address"]
    return address


def _started(folder: Path, program: str, *options: str) -> subprocess.Popen[bytes]:
    with (folder / f"{program}.log").open("ab") as log:
        line = [sys.executable, "-m", f"distributed.cli.{program}", *options]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(line, stdout=log, stderr=log, cwd=folder, env=environment)
