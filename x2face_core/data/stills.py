"""The photographs of a data folder: pictures/, pictures.csv and labels in pictures.npz (docs/data.md)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.checks import bounded_number, check_array, path_inside, read_arrays, required_array
from x2face_core.data.tables import Split, blendshapes, check_measures, expression, gaze, rows, split_of
from x2face_core.errors import InputError


@dataclass(frozen=True)
class Still:
    """A row of pictures.csv: one square crop of one person.

    over: share of the crop's side beyond the photograph's edge, filled with repeated edge pixels
    """

    row: int
    path: Path
    identity: str
    source: str
    split: Split
    over: float


@dataclass(frozen=True)
class StillLabels:
    """pictures.npz: one row for each picture, in the order of pictures.csv.

    pose: (n, 3) roll, pitch, yaw in degrees; expression: (n, 4) tables.EXPRESSIONS; landmarks: (n, 68, 3) as of Labels
    gaze: (n, 2), blend: (n, b): as of Labels, or None
    """

    pose: NDArray[np.float32]
    expression: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    gaze: NDArray[np.float32] | None = None
    blend: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Stills:
    """Photographs and their labels; labels is None if there is no pictures.npz."""

    pictures: list[Still]
    labels: StillLabels | None

    def of_split(self, split: Split) -> list[Still]:
        return [picture for picture in self.pictures if picture.split == split]


def read_stills(folder: Path) -> Stills | None:
    """The photographs of a folder; None if it has no pictures.csv. InputError if its files are broken."""
    table, file = folder / "pictures.csv", folder / "pictures.npz"
    if not table.is_file():
        return None
    pictures = [_still(folder, row, number) for number, row in enumerate(rows(table))]
    labels = _labels(file) if file.is_file() else None
    if labels is not None and len(labels.pose) != len(pictures):
        raise InputError(f"{file}: has {len(labels.pose)} rows; expected {len(pictures)}, as pictures.csv has.")
    return Stills(pictures, labels)


def _still(folder: Path, row: dict[str, str], number: int) -> Still:
    where = f"{folder / 'pictures.csv'}, line {number + 2}"
    try:
        return Still(
            row=number,
            path=path_inside(folder / "pictures", row["file"], where),
            identity=row["identity"],
            source=row.get("source", ""),
            split=split_of(row, where),
            over=bounded_number(row.get("over") or "0", "over", where, 1),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: cannot be read ({error}); expected the columns of docs/data.md.") from error


def _labels(file: Path) -> StillLabels:
    data = read_arrays(file)
    pose, landmarks = required_array(file, data, "pose"), required_array(file, data, "landmarks")
    check_measures(file, data, len(pose))
    check_array(file, "landmarks", landmarks, (len(pose), 68, 3))
    return StillLabels(
        pose=pose.astype(np.float32),
        expression=expression(data),
        landmarks=landmarks.astype(np.float32),
        gaze=gaze(data),
        blend=blendshapes(data),
    )
