"""Results of `pytest benchmarks/stages`, as rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parents[1] / "stages"
THREADS = "X2FACE_BENCHMARK_THREADS"
ROUNDS = ("--benchmark-max-time=0.5", "--benchmark-min-rounds=5")
Stages = dict[tuple[str, str], list[float]]


def rows(folder: Path, cores: int) -> list[list[str]]:
    """A row a stage: median and least milliseconds a frame, of processor time by one thread, of wall time by all."""
    alone, together = measured(folder, 1, "process_time"), measured(folder, cores, "perf_counter")
    return [
        [
            *stage,
            *(f"{figure:.2f}" for spent in (alone[stage], together[stage]) for figure in (median(spent), min(spent))),
        ]
        for stage in sorted(alone, key=lambda stage: stage[0])
    ]


def measured(folder: Path, threads: int, timer: str) -> Stages:
    """Milliseconds a frame of each round, by group and name of the stage. timer: a function of the module time"""
    results = folder / "stages.json"
    line = [sys.executable, "-m", "pytest", str(FOLDER), "-q", "-p", "no:cacheprovider", f"--benchmark-json={results}"]
    environment = os.environ | {THREADS: str(threads)}
    subprocess.run(
        [*line, *ROUNDS, f"--benchmark-timer=time.{timer}"],
        check=True,
        cwd=FOLDER.parents[1],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    found: list[dict[str, Any]] = json.loads(results.read_text())["benchmarks"]
    return dict(_stage(one) for one in found)


def _stage(one: dict[str, Any]) -> tuple[tuple[str, str], list[float]]:
    name = str(one["name"]).removeprefix("test_").replace("_", " ")
    return (str(one["group"]), name), [1e3 * spent / one["extra_info"]["frames"] for spent in one["stats"]["data"]]
