"""Recordings as tables: seconds,zygomaticus,digastric,… with one line for each sample."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray
from x2face_plugins import InputError

from x2face_emg.settings import CHANNELS

LEAST = 10  # lines
SLOWEST, FASTEST = 5.0, 50_000.0  # samples a second
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recording:
    """A recording.

    seconds: (n,), ascending; signals: (n,) by name of the muscle; ignored: names of other columns
    """

    seconds: Floats
    signals: dict[str, Floats]
    ignored: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Samples a second, from the median time step."""
        return float(1 / np.median(np.diff(self.seconds)))

    @property
    def lasts(self) -> float:
        """Time in seconds at the end of the last sample."""
        return float(self.seconds[-1] - self.seconds[0] + 1 / self.rate)


def read_recording(path: Path) -> Recording:
    """Read a recording. InputError, naming file, line and value, if it is not such a table."""
    names, lines = _lines(path)
    muscles = [name for name in names if name in CHANNELS]
    if "seconds" not in names or not muscles or len(set(names)) < len(names):
        raise InputError(
            f"{path}, line 1: expected seconds and muscles ({', '.join(CHANNELS)}), each once, "
            f"found {','.join(names)[:100]!r}."
        )
    columns = [names.index(name) for name in ("seconds", *muscles)]
    table = _numbers(path, names, lines, columns)
    recording = Recording(
        table[:, 0],
        {name: table[:, k] for k, name in enumerate(muscles, 1)},
        tuple(name for name in names if name not in ("seconds", *muscles)),
    )
    _check_clock(path, recording)
    return recording


def _lines(path: Path) -> tuple[list[str], list[tuple[int, str]]]:
    """The columns in the first line, and the numbered non-empty lines after it."""
    try:
        first, *rest = path.read_text(encoding="utf-8-sig").splitlines() or [""]
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no table in UTF-8 (byte {error.start}).") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    try:
        names = [name.strip().lower().replace(" ", "_") for name in next(csv.reader([first]), [])]
    except csv.Error as error:
        raise InputError(f"{path}, line 1: is no line of a table: {error}.") from error
    lines = [(number, line) for number, line in enumerate(rest, 2) if line.strip()]
    if len(lines) < LEAST:
        raise InputError(f"{path}: holds {len(lines)} lines of numbers; {LEAST} at least are needed, a line a sample.")
    return names, lines


def _numbers(path: Path, names: list[str], lines: list[tuple[int, str]], columns: list[int]) -> Floats:
    """Parse (n, columns) finite numbers."""
    try:
        table = np.loadtxt([line for _, line in lines], delimiter=",", usecols=columns, ndmin=2, comments=None)
    except ValueError:
        _name_culprit(path, names, lines, columns)
    fine = np.isfinite(table).all(axis=1)
    if not fine.all():
        number, line = lines[int(fine.argmin())]
        raise InputError(f"{path}, line {number}: expected numbers, found {line.strip()[:60]!r}.")
    if (late := np.diff(table[:, 0]) <= 0).any():
        at = int(late.argmax()) + 1
        raise InputError(
            f"{path}, line {lines[at][0]}: seconds is {table[at, 0]:g}, after {table[at - 1, 0]:g}; each line needs a "
            "later moment (write seconds with enough decimals)."
        )
    return np.asarray(table, np.float64)


def _name_culprit(path: Path, names: list[str], lines: list[tuple[int, str]], columns: list[int]) -> NoReturn:
    """InputError for the first invalid line."""
    for number, line in lines:
        words = line.split(",")
        try:
            [float(words[column]) for column in columns]
        except (ValueError, IndexError):
            found = f"expected numbers under {','.join(names)}, found {line.strip()[:60]!r}"
            raise InputError(f"{path}, line {number}: {found}.") from None
    raise InputError(f"{path}: its lines are no table of numbers.")


def _check_clock(path: Path, recording: Recording) -> None:
    seconds, rate = recording.seconds, recording.rate
    if not SLOWEST <= rate <= FASTEST:
        raise InputError(f"{path}: has {rate:g} lines a second; from {SLOWEST:g} to {FASTEST:g} are expected.")
    missing = recording.lasts * rate - len(seconds)
    if missing > len(seconds) / 2:
        raise InputError(f"{path}: {missing:.0f} lines are missing between others at {rate:g} lines a second.")
