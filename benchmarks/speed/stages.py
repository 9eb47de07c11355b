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
ROUNDS = ("--benchmark-max-time=0.5", "--benchmark-min-rounds=5", "--benchmark-timer=time.process_time")


def rows(folder: Path) -> list[list[str]]:
    """A row a stage: its group and name, median and least milliseconds of processor time a frame."""
    results = folder / "stages.json"
    line = [sys.executable, "-m", "pytest", str(FOLDER), "-q", "-p", "no:cacheprovider", f"--benchmark-json={results}"]
    root = FOLDER.parents[1]
    subprocess.run([*line, *ROUNDS], check=True, cwd=root, env=os.environ, stdout=subprocess.DEVNULL)
    found: list[dict[str, Any]] = json.loads(results.read_text())["benchmarks"]
    return [_row(one) for one in sorted(found, key=lambda one: str(one["group"]))]


def _row(one: dict[str, Any]) -> list[str]:
    frames = one["extra_info"]["frames"]
    spent = one["stats"]["data"]
    name = str(one["name"]).removeprefix("test_").replace("_", " ")
    return [str(one["group"]), name, f"{1e3 * median(spent) / frames:.2f}", f"{1e3 * min(spent) / frames:.2f}"]
