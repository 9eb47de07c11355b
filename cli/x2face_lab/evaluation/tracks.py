"""Selecting and reading the clips of an evaluation."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.pixels import to_tensor

SIDE = 256


def clips_of(folder: FaceFolder, split: Split, least: int = 8, limit: int | None = None) -> list[Clip]:
    """The clips of a split with at least `least` frames.

    limit: largest number of clips of a person, evenly chosen
    """
    clips = [clip for clip in folder.of_split(split) if clip.frames >= least]
    if not clips:
        raise InputError(f"{folder.path}: no clip of the split {split!r} has {least} frames or more.")
    if limit is None:
        return clips
    kept = {clip.row for person in _by_person(clips).values() for clip in _evenly(person, limit)}
    return [clip for clip in clips if clip.row in kept]


def _by_person(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    people: dict[str, list[Clip]] = {}
    for clip in clips:
        people.setdefault(clip.identity, []).append(clip)
    return people


def _evenly(clips: Sequence[Clip], count: int) -> list[Clip]:
    return [clips[at * len(clips) // count] for at in range(count)] if count < len(clips) else list(clips)


def read_clip(path: Path, frames: int, every: int = 1, side: int = SIDE) -> Tensor:
    """Read every nth frame as (n, 3, side, side) float32 in [0, 1]. every: n"""
    pictures = decode(path, np.arange(0, frames, every), side)
    if len(pictures) == 0:
        raise InputError(f"{path}: no frame could be decoded.")
    return to_tensor(pictures)


@dataclass(frozen=True)
class Film:
    """Some frames of a clip.

    numbers: ascending frame numbers; pictures: (n, 3, h, w) float32 in [0, 1]
    """

    numbers: Sequence[int]
    pictures: Tensor

    def at(self, number: int) -> int:
        """The row of a frame number; the last row for frames missing in a truncated file."""
        return min(bisect_left(self.numbers, number), len(self.numbers) - 1)


def read_film(clip: Clip, wanted: Sequence[int], side: int = SIDE) -> Film:
    """Read the wanted frames (ascending numbers) of a clip; fewer if the file is truncated."""
    pictures = decode(clip.path, np.array(wanted, np.int64), side)
    if len(pictures) == 0:
        raise InputError(f"{clip.path}: no frame could be decoded.")
    return Film(wanted[: len(pictures)], to_tensor(pictures))


def one_each_in_turn(
    clips: Sequence[Clip],
    count: int,
    motion: Callable[[Clip], float] = lambda clip: clip.yaw_range,
    each: int | None = None,
) -> Iterator[Clip]:
    """At most `count` clips, people in turn, those with most motion first, and at most `each` of a person."""
    queues = _by_person(sorted(clips, key=lambda clip: -motion(clip)))
    turns = max(map(len, queues.values()), default=0)
    people = [person[:each] for person in queues.values()]
    in_turn = [person[turn] for turn in range(turns) for person in people if turn < len(person)]
    yield from in_turn[:count]
