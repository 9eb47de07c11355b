"""Reading tables of angles: keyframes over time, and poses of pictures."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from x2face_plugins import LONGEST, InputError
from x2face_plugins.media import readable_file
from x2face_pose.curves import Floats
from x2face_pose.settings import AXES

LIMIT = 60
"""Largest absolute angle in degrees that is accepted."""


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and rows of a table, as dictionaries by column; empty lines are skipped.

    InputError if it cannot be read, or a line has more or fewer fields than the header.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file)
            header = [word.strip().lower() for word in next(lines, [])]
            for line in lines:
                if not any(word.strip() for word in line):
                    continue
                if len(line) != len(header):
                    where = f"{path}, line {lines.line_num}"
                    raise InputError(f"{where}: expected {','.join(header)}, found {','.join(line)!r}.")
                yield lines.line_num, dict(zip(header, (word.strip() for word in line), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a table ({_reason(error)}).") from error


def header_of(path: Path) -> list[str]:
    """The columns of a table, [] if the file is not a table."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [word.strip().lower() for word in next(csv.reader(file), [])]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def read_table(path: Path) -> tuple[Floats, dict[str, Floats]]:
    """Read keyframes: seconds (k,), and degrees (k,) by axis.

    InputError, naming file, line and value, unless seconds ascend and angles are within LIMIT.
    """
    readable_file(path)
    header = header_of(path)
    if not _is_header(header, "seconds"):
        raise InputError(f"{path}, line 1: expected seconds,roll,pitch,yaw, found {','.join(header)!r}.")
    named = [axis for axis in AXES if axis in header]
    seconds: list[float] = []
    columns: dict[str, list[float]] = {axis: [] for axis in named}
    for line, row in read_rows(path):
        seconds.append(_moment(path, line, row["seconds"], seconds[-1] if seconds else None))
        for axis in named:
            columns[axis].append(angle(path, line, axis, row[axis]))
    if not seconds:
        raise InputError(f"{path}: has no row below its header; one at least is needed.")
    return np.array(seconds), {axis: np.array(values) for axis, values in columns.items()}


def _is_header(header: list[str], first: str) -> bool:
    """Whether it has the required first column, at least one axis, and no unknown or duplicate columns."""
    known = {first, *AXES}
    return first in header and len(header) > 1 and set(header) <= known and len(set(header)) == len(header)


def angle(path: Path, line: int, axis: str, text: str) -> float:
    """Parse degrees within LIMIT. InputError names file, line and value."""
    value = number(path, line, axis, text)
    if abs(value) > LIMIT:
        raise InputError(f"{path}, line {line}: {axis} is {text}; poses go from -{LIMIT} to {LIMIT} degrees.")
    return value


def _moment(path: Path, line: int, text: str, last: float | None) -> float:
    value = number(path, line, "seconds", text)
    if value < 0:
        raise InputError(f"{path}, line {line}: seconds is {text}; the film begins at 0.")
    if value > LONGEST:
        raise InputError(f"{path}, line {line}: seconds is {text}; films last {LONGEST:g} at most.")
    if last is not None and value <= last:
        raise InputError(f"{path}, line {line}: seconds is {text}, after {last:g}; rows go forwards in time.")
    return value


def number(path: Path, line: int, column: str, text: str) -> float:
    """Parse a finite number. InputError names file, line and value."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}, line {line}: {column} is {text!r}; a number is needed.")
    return value


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
