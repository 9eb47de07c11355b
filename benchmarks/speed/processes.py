"""Whole processes: wall time, processor time and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

X2FACE = (sys.executable, "-m", "x2face_cli")


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time, seconds of processor time (all threads, user and system), and peak memory in MiB."""

    wall: float
    cpu: float
    peak: float
    printed: str = ""


def measured(*line: str | Path, threads: int | None = None, attempts: int = 1) -> Cost:
    """The quickest of some runs of a command line. threads: of torch; RuntimeError if it fails."""
    return min((_once([str(word) for word in line], threads) for _ in range(attempts)), key=lambda cost: cost.wall)


MEASURE = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
wall = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cost = [wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.stdout]
print(json.dumps([cost, done.returncode, done.stderr[-500:]]))
"""
"""Runs a command from a small process: the peak of a child begins with the memory of what started it."""


def _once(line: Sequence[str], threads: int | None) -> Cost:
    environment = dict(os.environ) if threads is None else os.environ | {"OMP_NUM_THREADS": str(threads)}
    small = [sys.executable, "-c", MEASURE, *line]
    told = subprocess.run(small, check=True, capture_output=True, text=True, env=environment).stdout
    cost, code, errors = json.loads(told)
    if code:
        raise RuntimeError(f"{' '.join(line)} ended with {code}: {errors}")
    return Cost(*cost)


def run(*words: str | Path, out: Path, threads: int | None = None, attempts: int = 1) -> Cost:
    """`x2face run` with these words."""
    return measured(
        *X2FACE, "run", *words, "-o", out / "out.mp4", "--overwrite", "-q", threads=threads, attempts=attempts
    )


FIRST = """
import sys, time
import x2face
def first(frames, what, total):
    for number, frame in enumerate(frames):
        if number == 0:
            print(time.time() - float(sys.argv[1]))
        yield frame
x2face.run(sys.argv[2], frame=sys.argv[3], output=sys.argv[4], overwrite=True, progress=first)
"""


def first_frame(source: Path, film: Path, out: Path) -> float:
    """Seconds from the start of the process to the first frame."""
    now = str(time.time())
    line = [sys.executable, "-c", FIRST, now, str(source), str(film), str(out / "first.mp4")]
    return float(subprocess.run(line, check=True, capture_output=True, text=True).stdout.splitlines()[0])
