"""Recordings: a table of numbers over time."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from x2face_plugins import InputError

from x2face_gamepad.settings import HEADER, LABELS


@dataclass(frozen=True, eq=False)
class Recording:
    """seconds: (n,), ascending; values: (n, k), one column for each label."""

    seconds: np.ndarray
    values: np.ndarray

    def at(self, fps: float, rows: int | None = None) -> torch.Tensor:
        """(rows, k) float32: values at each frame, interpolated linearly; beyond either end, the end value.

        rows: number of frames; None: for the length of the recording
        """
        if rows is None:
            rows = math.floor(float(self.seconds[-1]) * fps + 1e-6) + 1
        moments = np.arange(rows) / fps
        columns = [np.interp(moments, self.seconds, column) for column in self.values.T]
        return torch.from_numpy(np.stack(columns, axis=1)).float()


def read_recording(path: Path) -> Recording:
    """Read a table with the columns of HEADER. InputError if it is missing or has another format."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [_row(path, number, row) for number, row in enumerate(csv.DictReader(file), 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a table: {error}.") from error
    table = np.array(rows)
    if not rows or (np.diff(table[:, 0]) <= 0).any():
        raise InputError(f"{path}: expected lines with rising seconds, found {len(rows)} lines.")
    return Recording(table[:, 0], table[:, 1:])


def _row(path: Path, number: int, row: dict[str, str]) -> list[float]:
    try:
        numbers = [float(row[name]) for name in ("seconds", *LABELS)]
    except (KeyError, TypeError, ValueError):
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise InputError(f"{path}, line {number}: expected numbers under {HEADER}, found {row!r}.")
    return numbers
