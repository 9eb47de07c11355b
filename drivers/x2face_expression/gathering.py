"""Collecting labelled frames and photographs of many people, with their driving vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from x2face_plugins import FilmEncoder, InputError
from x2face_plugins.media import read_picture, to_tensor
from x2face_plugins.tracks import RIGID, Clip, FaceFolder, Labels, StillLabels, Stills, decode

LEARNED, HELD_OUT = (80, 12), (60, 12)  # largest number of frames, and of clips, of a person
PHOTOGRAPHS = 150  # of a data source, which counts as one person
_BATCH = 32
_BROWS = (([18, 19, 20], [36, 39]), ([23, 24, 25], [42, 45]))  # landmarks of each brow and eye corners
_SHUT = 0.6  # of a clip's median lid opening, below which lids count as closed
_OFTEN = 6.0  # weight of frames with closed lids
_LIPS = 0.02  # face heights: added to the mouth opening in the weights

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    """The pictures of one person, or photographs of one data source.

    values: (n, 13) settings.MEASURES; vectors: (n, 128); held_out: for validation, not for fitting
    """

    values: Tensor
    vectors: Tensor
    held_out: bool


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames that have both labels and landmarks, sorted by clip and frame.

    clip, frame: (n,); values: (n, 13) settings.MEASURES
    """

    clip: NDArray[np.int64]
    frame: NDArray[np.int64]
    values: Floats

    @classmethod
    def of(cls, labels: Labels, file: Path) -> Frames:
        clip, frame = labels.landmark_ref.T
        rows = labels.rows_of(clip, frame)
        values = _values(labels.pose[rows], labels.expression[rows], _gaze(labels, file)[rows], labels.landmarks)
        order = np.lexsort((frame, clip))
        order = order[(rows[order] >= 0) & np.isfinite(values[order]).all(axis=1)]
        return cls(clip[order], frame[order], values[order])

    def of_clip(self, clip: Clip) -> slice:
        start, end = np.searchsorted(self.clip, [clip.row, clip.row + 1])
        return slice(int(start), int(end))


def gather(folder: Path, film: FilmEncoder) -> Iterator[Sample]:
    """Samples of the split train and of photographs; then, held out, of the split val.

    folder: labelled face tracks (docs/data.md). InputError if labels or gaze are missing.
    """
    tracks = FaceFolder(folder)
    frames = Frames.of(tracks.labels, folder / "labels.npz")
    yield from _of_people(tracks.of_split("train"), frames, film, LEARNED, held_out=False)
    stills = tracks.stills
    if stills is not None and stills.labels is not None:
        yield from _of_photographs(stills, stills.labels, folder / "pictures.npz", film)
    yield from _of_people(tracks.of_split("val"), frames, film, HELD_OUT, held_out=True)


def _gaze(labels: Labels | StillLabels, file: Path) -> NDArray[np.float32]:
    if labels.gaze is None:
        raise InputError(f"{file}: knows no gaze; `x2face prepare FILMS {file.parent} --landmarks` measures it.")
    return labels.gaze


def _values(*columns: NDArray[np.float32]) -> Floats:
    """(n, 13) MEASURES from pose, expression, gaze and landmarks (n, 68, 3)."""
    *numbers, landmarks = columns
    return np.concatenate([*numbers, placed(landmarks)], axis=1).astype(np.float64)


def placed(landmarks: NDArray[np.floating]) -> Floats:
    """(n, 4): position x and y of the face in the crop, logarithm of its size, and height of the brows.

    landmarks: (n, 68, 3) in widths of the crop. Brows: height above the eye corners, relative to bridge of nose to chin
    """
    points = landmarks.astype(np.float64)
    steady = points[:, RIGID, :2]
    middle = steady.mean(axis=1)
    size = np.sqrt(np.square(steady - middle[:, None]).sum(axis=(1, 2)))
    height = np.linalg.norm(points[:, 27] - points[:, 8], axis=1)
    raised = [points[:, brow].mean(axis=1) - points[:, eye].mean(axis=1) for brow, eye in _BROWS]
    brows = np.linalg.norm(raised, axis=2).mean(axis=0) / height
    layout: Floats = np.column_stack([middle, np.log(size), brows])
    return layout


def _of_people(
    clips: Sequence[Clip], frames: Frames, film: FilmEncoder, share: tuple[int, int], *, held_out: bool
) -> Iterator[Sample]:
    """One sample for each person. share: largest number of frames, and of clips"""
    people = groupby(sorted(clips, key=lambda clip: clip.identity), lambda clip: clip.identity)
    for seed, (_, own) in enumerate(people):
        rng = np.random.default_rng(seed)
        there = [(clip, at) for clip in own if (at := frames.of_clip(clip)).stop > at.start]
        chosen = [there[k] for k in sorted(rng.permutation(len(there))[: share[1]])]
        parts = [_drawn(clip, at, frames, film, -(-share[0] // len(chosen)), rng) for clip, at in chosen]
        if sum(len(values) for values, _ in parts):
            values, vectors = (torch.cat(column) for column in zip(*parts, strict=True))
            yield Sample(values, vectors, held_out)


def _drawn(
    clip: Clip, at: slice, frames: Frames, film: FilmEncoder, count: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Values and vectors of frames drawn from a clip, closed eyes and open mouths more often."""
    values = frames.values[at]
    rows = np.sort(rng.choice(len(values), min(count, len(values)), replace=False, p=interest(values)))
    pictures = decode(clip.path, frames.frame[at][rows], film.side)
    return torch.from_numpy(values[rows[: len(pictures)]]), _encoded(pictures, film)


def interest(values: Floats) -> Floats:
    """(n,) drawing probability of each frame of a clip, from its values (n, 13)."""
    lids = values[:, 5:7].mean(axis=1)
    weight = np.where(lids < _SHUT * np.median(lids), _OFTEN, 1.0) * (values[:, 3].clip(0) + _LIPS)
    shares: Floats = weight / weight.sum()
    return shares


def _of_photographs(stills: Stills, labels: StillLabels, file: Path, film: FilmEncoder) -> Iterator[Sample]:
    """One sample for each data source."""
    values = _values(labels.pose, labels.expression, _gaze(labels, file), labels.landmarks)
    usable = [still for still in stills.of_split("train") if np.isfinite(values[still.row]).all()]
    sources = groupby(sorted(usable, key=lambda one: one.source), lambda one: one.source)
    for seed, (_, group) in enumerate(sources):
        there = list(group)
        drawn = np.random.default_rng(seed).permutation(len(there))[:PHOTOGRAPHS]
        chosen = [there[k] for k in sorted(drawn)]
        pictures = np.stack([_reduced(still.path, film.side) for still in chosen])
        yield Sample(
            torch.from_numpy(values[[still.row for still in chosen]]), _encoded(pictures, film), held_out=False
        )


def _reduced(path: Path, side: int) -> NDArray[np.uint8]:
    picture = Image.fromarray(read_picture(path))
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX))


def _encoded(pictures: NDArray[np.uint8], film: FilmEncoder) -> Tensor:
    """Encode pictures (n, h, w, 3) to vectors (n, 128) in batches."""
    if not len(pictures):
        return torch.zeros(0, 128, dtype=torch.float64)
    batches = (to_tensor(pictures[start : start + _BATCH]) for start in range(0, len(pictures), _BATCH))
    return torch.cat([film.encode(batch) for batch in batches]).double()
