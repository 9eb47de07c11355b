"""The clips that an evaluation looks at, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.pixels import to_tensor

SIDE = 256


def clips_of(folder: FaceFolder, split: Split, least: int = 8) -> list[Clip]:
    """The clips of a split with enough frames to choose three sources from."""
    clips = [clip for clip in folder.of_split(split) if clip.frames >= least]
    if not clips:
        raise InputError(f"{folder.path}: no clip of the split {split!r} has {least} frames or more.")
    return clips


def read_clip(path: Path, frames: int, every: int = 1, side: int = SIDE) -> Tensor:
    """(n, 3, side, side) float32 in [0, 1], every nth frame."""
    pictures = decode(path, np.arange(0, frames, every), side)
    if len(pictures) == 0:
        raise InputError(f"{path}: no frame could be decoded.")
    return to_tensor(pictures)


def spread(
    clips: Sequence[Clip], count: int, motion: Callable[[Clip], float] = lambda clip: clip.yaw_range
) -> Iterator[Clip]:
    """At most `count` clips, one a person in turn, those with the most motion first."""
    queues: dict[str, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: -motion(clip)):
        queues.setdefault(clip.identity, []).append(clip)
    given = 0
    while queues and given < count:
        for person in list(queues):
            if given == count:
                return
            yield queues[person].pop(0)
            given += 1
            if not queues[person]:
                del queues[person]
