"""Pictures with known head poses, to learn from and to be tested on: of face tracks, or of a folder like AFLW."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.checks import path_inside
from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split, rows, split_of
from x2face_core.errors import InputError, NoFaceError
from x2face_core.media.faces import Box, crop, find_box
from x2face_core.media.images import read_picture
from x2face_lab.evaluation.tracks import clips_of

EACH = 12
"""Frames of one clip, at most."""
ANGLES = ("roll", "pitch", "yaw")
_BOX = ("x", "y", "w", "h")
_LEAST = 10  # pictures to learn from
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PoseSet:
    """n crops of faces and their poses.

    pictures: (n, side, side, 3) uint8; pose: (n, 3) roll, pitch, yaw in degrees; people: (n,) whose
    """

    pictures: NDArray[np.uint8]
    pose: NDArray[np.float64]
    people: list[str]


def tracks_set(
    folder: FaceFolder, split: Split, side: int, limit: int | None, progress: Progress = lambda done, total: None
) -> PoseSet:
    """Labelled frames of the clips of a split. limit: largest number of clips of a person"""
    pictures, poses, people = [], [], []
    clips = clips_of(folder, split, limit=limit)
    for number, clip in enumerate(clips):
        frames = np.arange(0, clip.frames, max(1, clip.frames // EACH))[:EACH]
        labelled = folder.labels.rows_of(np.full(len(frames), clip.row), frames)
        frames, labelled = frames[labelled >= 0], labelled[labelled >= 0]
        if len(frames):
            found = decode(clip.path, frames, side)
            pictures.append(found)
            poses.append(folder.labels.pose[labelled[: len(found)]].astype(float))
            people += [clip.identity] * len(found)
        progress(number + 1, len(clips))
    if not people:
        raise InputError(f"{folder.path}: no frame of the split {split!r} has a pose in labels.npz.")
    return PoseSet(np.concatenate(pictures), np.concatenate(poses), people)


def pictures_sets(
    folder: Path,
    table: Path,
    side: int,
    scale: float,
    *,
    search: bool = True,
    progress: Progress = lambda done, total: None,
) -> tuple[PoseSet, PoseSet, int]:
    """Pictures to learn from, those to be tested on, and the number of pictures left out for want of a face.

    table: a CSV file with the columns file, roll, pitch, yaw (degrees), and where it has them x, y, w, h (the box of
        the face, pixels), identity, and split (train and val: to learn from; test). Without splits a tenth is tested
    scale: side of the crop in sides of the box; search: find faces without a box, else take the whole picture
    InputError names the line that is wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of pictures.")
    read = rows(table)
    found: dict[str, list[tuple[NDArray[np.uint8], list[float], str]]] = {"train": [], "test": []}
    lost = 0
    for number, row in enumerate(read):
        where = f"{table}, line {number + 2}"
        path, pose = _named(folder, row, where), [_number(row, angle, where, 360) for angle in ANGLES]
        part = "test" if _split(row, where) == "test" else "train"
        try:
            picture = _cropped(path, row, where, side, scale, search)
        except NoFaceError:
            lost += 1
        else:
            found[part].append((picture, pose, row.get("identity") or row["file"]))
        progress(number + 1, len(read))
    if len(found["train"]) < _LEAST or not found["test"]:
        have = f"{len(found['train'])} pictures to learn from and {len(found['test'])} to be tested on"
        raise InputError(f"{table}: leaves {have}; at least {_LEAST} and 1 are needed.")
    return _set(found["train"]), _set(found["test"]), lost


def _set(found: list[tuple[NDArray[np.uint8], list[float], str]]) -> PoseSet:
    pictures, poses, people = zip(*found, strict=True)
    return PoseSet(np.stack(pictures), np.array(poses), list(people))


def _named(folder: Path, row: Mapping[str, str], where: str) -> Path:
    if not row.get("file"):
        raise InputError(f"{where}: names no file; the columns file, {', '.join(ANGLES)} are needed.")
    path = path_inside(folder, row["file"], where)
    if not path.is_file():
        raise InputError(f"{where}: {path}: there is no such file.")
    return path


def _number(row: Mapping[str, str], name: str, where: str, high: float) -> float:
    text = row.get(name) or ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= high:
        raise InputError(f"{where}: {name} is {text[:40]!r}; a number up to {high:g} is needed.")
    return value


def _split(row: Mapping[str, str], where: str) -> Split:
    if row.get("split"):
        return split_of(row, where)
    return "test" if hashlib.sha256(row["file"].encode()).digest()[0] % 10 == 0 else "train"


def _cropped(
    path: Path, row: Mapping[str, str], where: str, side: int, scale: float, search: bool
) -> NDArray[np.uint8]:
    picture = read_picture(path)
    height, width = picture.shape[:2]
    if all(row.get(name) for name in _BOX):
        box = Box.around([_number(row, name, where, 1e5) for name in _BOX], scale)
        if box.side < 2 or not box.meets(width, height):
            raise InputError(f"{where}: its box lies outside {path}, which has {width}x{height} pixels.")
    else:
        box = find_box(picture, scale) if search else Box.whole(width, height)
    return crop(picture, box, side)


def batches(pictures: NDArray[np.uint8], size: int) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, len(pictures), size):
        yield pictures[start : start + size]
