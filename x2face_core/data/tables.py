"""Common parts of the tables and label files of a data folder (docs/data.md)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.checks import check_array, required_array
from x2face_core.errors import InputError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
EXPRESSIONS = ("mouth_open", "mouth_width", "eye_left", "eye_right")


def rows(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV table with a header, as dictionaries. InputError if it cannot be read."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: cannot be read ({error}); expected a table as in docs/data.md.") from error


def split_of(row: Mapping[str, str], where: str) -> Split:
    """The row's split. InputError, prefixed by `where`, for any other word."""
    split = row["split"]
    if split not in SPLITS:
        raise InputError(f"{where}: split is {split!r}; it must be train, val or test.")
    return split


def check_measures(file: Path, data: Mapping[str, NDArray[Any]], rows: int) -> None:
    """InputError for measurements of a label file that are missing, of other shapes, or not finite."""
    check_array(file, "pose", required_array(file, data, "pose"), (rows, 3))
    for name in EXPRESSIONS:
        check_array(file, name, required_array(file, data, name), (rows,))
    for name, width in (("gaze", 2), ("blend", None)):
        if name in data:
            check_array(file, name, data[name], (rows, width))
    names = data.get("blend_names")
    if names is not None and ("blend" not in data or names.shape != data["blend"].shape[1:]):
        raise InputError(f"{file}: blend_names has the shape {names.shape}; a name a column of blend is needed.")


def expression(data: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """(n, 4) EXPRESSIONS of a label file."""
    return np.stack([data[name].astype(np.float32) for name in EXPRESSIONS], axis=1)


def gaze(data: Mapping[str, NDArray[Any]]) -> NDArray[np.float32] | None:
    """(n, 2) gaze of a label file, or None."""
    return data["gaze"].astype(np.float32) if "gaze" in data else None


def blendshapes(data: Mapping[str, NDArray[Any]]) -> NDArray[np.float32] | None:
    """(n, b) blendshape scores in [0, 1] of a label file, or None; uint8 scores are divided by 255."""
    if "blend" not in data:
        return None
    scores = data["blend"]
    return scores.astype(np.float32) / np.float32(255 if scores.dtype == np.uint8 else 1)
