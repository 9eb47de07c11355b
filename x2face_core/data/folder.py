"""A folder of face tracks on disk: clips.csv, clips/ and optionally labels.npz (docs/data.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.bounds import LONGEST
from x2face_core.data.checks import (
    MOST_FRAMES,
    bounded_number,
    check_array,
    check_references,
    path_inside,
    read_arrays,
    required_array,
    whole_number,
)
from x2face_core.data.stills import Stills, read_stills
from x2face_core.data.tables import Split, blendshapes, check_measures, expression, gaze, rows, split_of
from x2face_core.errors import InputError


@dataclass(frozen=True)
class Clip:
    """A row of clips.csv: one face track of one person."""

    row: int
    path: Path
    identity: str
    frames: int
    seconds: float
    sound: bool
    split: Split
    yaw_range: float
    source: str


@dataclass(frozen=True)
class Labels:
    """labels.npz: measurements of n frames, and 68 landmarks for m of them.

    clip, frame: (n,) row of clips.csv and frame number
    pose: (n, 3) roll, pitch, yaw in degrees
    expression: (n, 4) mouth_open, mouth_width, eye_left, eye_right (docs/data.md)
    landmark_ref: (m, 2) clip, frame of each landmark row
    landmarks: (m, 68, 3) iBUG order; x, y in [0, 1] of the crop, z in the same unit, negative towards the camera
    gaze: (n, 2) offset of the iris from the middle of the eye corners in eye widths, right and down positive, or None
    blend: (n, b) blendshape scores in [0, 1], named by blend_names, or None
    """

    clip: NDArray[np.int64]
    frame: NDArray[np.int64]
    pose: NDArray[np.float32]
    expression: NDArray[np.float32]
    landmark_ref: NDArray[np.int64]
    landmarks: NDArray[np.float32]
    gaze: NDArray[np.float32] | None = None
    blend: NDArray[np.float32] | None = None
    blend_names: tuple[str, ...] = ()

    def rows_of(self, clips: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """(k,) label rows of k frames; -1 for a frame without labels."""
        key = frame_keys(self.clip, self.frame)
        order = np.argsort(key, kind="stable")
        wanted = frame_keys(clips, frames)
        at = np.minimum(np.searchsorted(key[order], wanted), len(order) - 1)
        rows = order[at]
        return np.where(key[rows] == wanted, rows, -1)


def frame_keys(clips: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) a number for each pair of clip and frame number (n,), ordered by clip, then by frame."""
    return clips * (MOST_FRAMES + 1) + frames


class FaceFolder:
    """Face tracks of many people, split by identity. InputError if the folder or its clips.csv cannot be read."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        table = self.path / "clips.csv"
        if not self.path.is_dir():
            raise InputError(f"{self.path}: no such folder; `x2face prepare` makes one from films.")
        if not table.is_file():
            raise InputError(f"{self.path}: holds no clips.csv; `x2face prepare` makes such a folder from films.")
        self.clips = [self._clip(row, number) for number, row in enumerate(rows(table))]
        if not self.clips:
            raise InputError(f"{table}: lists no clips.")

    def _clip(self, row: dict[str, str], number: int) -> Clip:
        where = f"{self.path / 'clips.csv'}, line {number + 2}"
        try:
            return Clip(
                row=number,
                path=path_inside(self.path / "clips", row["clip"], where),
                identity=row["identity"],
                frames=whole_number(row["frames"], "frames", where, MOST_FRAMES),
                seconds=bounded_number(row["seconds"], "seconds", where, LONGEST),
                sound=row.get("sound", "none") == "sync",
                split=split_of(row, where),
                yaw_range=bounded_number(row.get("yaw_range") or "0", "yaw_range", where, 360),
                source=row.get("source", ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where}: cannot be read ({error}); expected the columns of docs/data.md.") from error

    def people(self, split: Split) -> int:
        """Number of people in the clips of a split."""
        return len({clip.identity for clip in self.of_split(split)})

    def of_split(self, split: Split) -> list[Clip]:
        return [clip for clip in self.clips if clip.split == split]

    @property
    def has_labels(self) -> bool:
        return (self.path / "labels.npz").is_file()

    @cached_property
    def stills(self) -> Stills | None:
        """The folder's photographs, or None."""
        return read_stills(self.path)

    @cached_property
    def labels(self) -> Labels:
        """The measurements of labels.npz, read once. InputError if there is none, or it is broken."""
        file = self.path / "labels.npz"
        if not file.is_file():
            raise InputError(
                f"{self.path}: holds no labels.npz; `x2face prepare --landmarks` writes one, "
                "and the recipes photometric and paper need none."
            )
        return _labels(file, np.array([clip.frames for clip in self.clips], np.int64))


def seconds_of(clips: Sequence[Clip]) -> dict[str, float]:
    """Total seconds of clips by their source, in alphabetical order."""
    seconds: dict[str, float] = {}
    for clip in sorted(clips, key=lambda clip: clip.source):
        seconds[clip.source] = seconds.get(clip.source, 0.0) + clip.seconds
    return seconds


def _labels(file: Path, frames: NDArray[np.int64]) -> Labels:
    """Read and validate labels.npz. frames: number of frames of each clip. InputError names file, array and row."""
    data = read_arrays(file)
    clip, frame = required_array(file, data, "clip"), required_array(file, data, "frame")
    check_measures(file, data, len(clip))
    landmark_ref = required_array(file, data, "landmark_ref")
    landmarks = required_array(file, data, "landmarks")
    check_array(file, "landmarks", landmarks, (len(landmark_ref), 68, 3))
    if clip.ndim != 1 or frame.shape != clip.shape or landmark_ref.shape != (len(landmark_ref), 2) or not len(clip):
        shapes = f"{clip.shape}, {frame.shape} and {landmark_ref.shape}"
        raise InputError(
            f"{file}: clip, frame and landmark_ref have the shapes {shapes}; (n,), (n,), (m, 2) are needed."
        )
    check_references(file, "clip and frame", np.stack([clip, frame], axis=1), frames)
    check_references(file, "landmark_ref", landmark_ref, frames)
    labels = Labels(
        clip=clip.astype(np.int64),
        frame=frame.astype(np.int64),
        pose=data["pose"].astype(np.float32),
        expression=expression(data),
        landmark_ref=landmark_ref.astype(np.int64),
        landmarks=landmarks.astype(np.float32),
        gaze=gaze(data),
        blend=blendshapes(data),
        blend_names=tuple(map(str, data["blend_names"])) if "blend_names" in data else (),
    )
    lacking = labels.rows_of(*labels.landmark_ref.T) < 0
    if lacking.any():
        raise InputError(f"{file}: row {int(lacking.argmax())} of landmark_ref is a frame without pose and expression.")
    return labels
