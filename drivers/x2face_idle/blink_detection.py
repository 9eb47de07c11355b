"""Finding blinks in labels: lids that fall within a few frames while head and mouth keep still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2face_plugins.tracks import Clip, FaceFolder, Labels

OPEN, CLOSED = 0.8, 0.6  # of a clip's median lid opening: at least before, at most in a blink; a face mesh sees no less
WITHIN = 5  # frames from open to closed at 25 fps
STILL = np.array([4.0, 4.0, 4.0, 0.05, 0.05])  # degrees; mouth opening and width
EACH = 10  # blinks of one person at most, so that none is all that is learned


@dataclass(frozen=True)
class Blink:
    """Two frames of a clip."""

    clip: Clip
    before: int
    closed: int


def training_blinks(folder: FaceFolder) -> list[Blink]:
    """Blinks of the people to train on, spread over each one's clips."""
    people: dict[str, list[Blink]] = defaultdict(list)
    for clip in folder.of_split("train"):
        people[clip.identity] += find(clip, folder.labels)
    return [blink for blinks in people.values() for blink in _evenly(blinks)]


def _evenly(blinks: list[Blink]) -> list[Blink]:
    at = np.unique(np.linspace(0, len(blinks) - 1, min(EACH, len(blinks))).round().astype(int))
    return [blinks[k] for k in at]


def by_clip(blinks: Iterable[Blink]) -> Iterator[tuple[Clip, list[tuple[int, int]]]]:
    found: dict[Clip, list[tuple[int, int]]] = defaultdict(list)
    for blink in blinks:
        found[blink.clip].append((blink.before, blink.closed))
    yield from found.items()


def find(clip: Clip, labels: Labels) -> Iterator[Blink]:
    """A clip's blinks, none of them twice."""
    rows = np.flatnonzero(labels.clip == clip.row)
    rows = rows[np.argsort(labels.frame[rows])]
    if len(rows) <= WITHIN:
        return
    frames = labels.frame[rows]
    lids = labels.expression[rows, 2:].mean(axis=1) / max(float(np.median(labels.expression[rows, 2:])), 1e-6)
    others = np.concatenate([labels.pose[rows], labels.expression[rows, :2]], axis=1)
    for k in _lowest(lids):
        before = k - WITHIN + int(lids[k - WITHIN : k].argmax())
        near = frames[k] - frames[before] <= WITHIN
        if near and lids[before] >= OPEN and (np.abs(others[k] - others[before]) <= STILL).all():
            yield Blink(clip, int(frames[before]), int(frames[k]))


def _lowest(lids: NDArray[np.floating]) -> list[int]:
    """Where lids are closed and at their lowest for WITHIN rows before and after."""
    closed = [k for k in range(WITHIN, len(lids)) if lids[k] <= CLOSED]
    return [k for k in closed if lids[k] < lids[k - WITHIN : k].min() and lids[k] <= lids[k : k + WITHIN].min()]
