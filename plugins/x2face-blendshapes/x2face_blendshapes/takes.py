"""Takes: tables by Live Link Face, one row for each frame, one column for each channel."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from x2face_plugins import InputError

from x2face_blendshapes.timecodes import parse, seconds_of

_BESIDE = ("timecode", "blendshapecount")


@dataclass(frozen=True, eq=False)
class Take:
    """A recorded performance.

    seconds: (n,) ascending, of the rows with a face; length: seconds from the first to the last row of all
    channels: (n,) by name; coefficients from 0 to 1, or angles, in the order of the table
    lost: number of rows without a face
    """

    seconds: np.ndarray
    channels: dict[str, np.ndarray]
    length: float
    lost: int

    def at(self, values: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """Interpolate values (n, k) of its rows linearly at times (m,): (m, k); constant beyond the ends."""
        return np.stack([np.interp(moments, self.seconds, column) for column in values.T], axis=1)


def read_take(path: Path, rate: int | None = None) -> Take:
    """Read a table with the columns Timecode, BlendshapeCount and any channels.

    rate: frames a second of the timecodes; None: inferred
    InputError if the file is missing or has another format.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file)
            names = [name.strip() for name in next(table, [])]
            _check(path, names)
            rows = list(_rows(path, names, table))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a table: {error}.") from error
    return _take(path, names, rows, rate)


def _check(path: Path, names: list[str]) -> None:
    low = [name.lower() for name in names]
    if "timecode" not in low or len(low) < 2:
        raise InputError(
            f"{path}: expected a head line Timecode,BlendshapeCount,EyeBlinkLeft,…, found {','.join(names)[:60]!r}."
        )
    twice = sorted({name for name in names if low.count(name.lower()) > 1})
    if twice:
        raise InputError(f"{path}: the column {twice[0]} is there twice.")


Row = tuple[tuple[float, float], list[float] | None]


def _rows(path: Path, names: list[str], table: Iterator[list[str]]) -> Iterator[Row]:
    """Timecode and values of each row; values are None without a face: such a row ends after its count."""
    timecode = [name.lower() for name in names].index("timecode")
    for number, row in enumerate(table, 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            time = parse(row[timecode])
            values = None if len(row) <= 2 < len(names) else [float(cell) for cell in _channels(names, row)]
        except (IndexError, ValueError):
            raise InputError(
                f"{path}, line {number}: expected a timecode HH:MM:SS:FF and {len(_channels(names, names))} numbers, "
                f"found {','.join(row)[:60]!r}."
            ) from None
        if values is not None and not all(map(math.isfinite, values)):
            raise InputError(f"{path}, line {number}: holds a number that is not finite.")
        yield time, values


def _channels(names: list[str], row: list[str]) -> list[str]:
    """The cells of a row without timecode and count. ValueError for a wrong number of cells."""
    if len(row) != len(names):
        raise ValueError
    return [cell for name, cell in zip(names, row, strict=True) if name.lower() not in _BESIDE]


def _take(path: Path, names: list[str], rows: list[Row], rate: int | None) -> Take:
    seen = [values is not None for _, values in rows]
    if not any(seen):
        what = f"{len(rows)} rows, and none shows a face" if rows else "no rows"
        raise InputError(f"{path}: holds {what}.")
    seconds = seconds_of([time for time, _ in rows], rate)
    if (np.diff(seconds) < 0).any():
        line = int(np.argmax(np.diff(seconds) < 0)) + 3
        raise InputError(f"{path}, line {line}: the timecode goes back; --blendshapes-timecode says what it counts.")
    table = np.array([values for _, values in rows if values is not None])
    columns = zip(_channels(names, names), table.T, strict=True)
    return Take(seconds[seen], dict(columns), float(seconds[-1]), len(seen) - sum(seen))
