"""What is found of a film as a driver: how far its head turns, where its face is lost, whose face was taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.media.boxes import crop
from x2face_core.media.clips import Clip
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_tensor
from x2face_core.sources.portraits import Portrait
from x2face_core.sources.source import Model
from x2face_core.streaming.batching import batches
from x2face_core.suitability.findings import Finding, judged
from x2face_core.suitability.framing import edges, face_size
from x2face_core.suitability.light import brightness, sharpness
from x2face_core.suitability.reach import Turns
from x2face_core.suitability.sources import readings

LOST = 0.05
"""Share of a film's frames without its face from which on it is told."""
_LOOKS = 5  # a second
_BATCH = 16


@dataclass(frozen=True, eq=False)
class Looks:
    """What a few frames a second show.

    crops: (side, side, 3) of some of them, evenly spaced; present: (n,) whether each look shows the face
    turns: how far the head turns in those that do
    """

    crops: list[Picture]
    present: NDArray[np.bool_]
    turns: Turns | None


def of_film(clip: Clip, scale: float, model: Model) -> list[Finding]:
    """Everything that is looked at in a film. scale: side of the crop in sides of the face"""
    looks = look_through(clip, model)
    middle = looks.crops[len(looks.crops) // 2]
    portrait = Portrait(middle, clip.box, middle, size=clip.size)
    found = [whose(clip), lost(looks.present), edges(portrait), face_size(portrait, scale)]
    found += [_median([brightness(one) for one in looks.crops]), _median([sharpness(one) for one in looks.crops])]
    remedy = "a film that turns less suits, or --frame-weight 0.7 takes less of it"
    return found if looks.turns is None else [*found, looks.turns.finding(remedy)]


def look_through(clip: Clip, model: Model) -> Looks:
    """Read a film once."""
    step, side = max(1, round(clip.fps / _LOOKS)), model.dims.side
    crops: list[Picture] = []
    present: list[bool] = []
    turns: Turns | None = Turns()
    for _, pictures in batches(islice(_crops(clip, side), 0, None, step), _BATCH):
        seen = [clip.present(step * (len(present) + k)) for k in range(len(pictures))]
        present += seen
        shown = [picture for picture, there in zip(pictures, seen, strict=True) if there]
        crops += shown[:: max(1, len(shown) // 2)]
        turns = _turned(turns, shown, model)
    return Looks(crops, np.array(present), turns)


def _crops(clip: Clip, side: int) -> Iterator[Picture]:
    for picture in clip.pictures(side):
        yield crop(picture, clip.box_in(picture), side)


def _turned(turns: Turns | None, pictures: list[Picture], model: Model) -> Turns | None:
    """The same with these pictures too; None where the weights cannot tell."""
    if turns is None or not pictures:
        return turns
    read: Tensor | None = readings(model.encode(to_tensor(pictures)), model)
    if read is None:
        return None
    turns.add(read)
    return turns


def whose(clip: Clip) -> Finding:
    """Whether the film shows one face."""
    count = 1 + len(clip.others)
    boxes = " or ".join(f"{box.x:.0f},{box.y:.0f},{box.side:.0f},{box.side:.0f}" for box in clip.others)
    says = f"{count} faces are there, and number {clip.number} from the left, seen longest and largest, is taken"
    remedy = f"as a source --face N takes another, as a driver --frame-crop {boxes}"
    return judged("faces", count == 1, "one face", says, remedy, count)


def lost(present: NDArray[np.bool_]) -> Finding:
    """How often the face is gone. present: (n,)"""
    share = float((~present).mean()) if len(present) else 0.0
    says, remedy = f"the face is gone in {share:.0%} of the frames", "there the result stays as it was; cut them out"
    return judged("lost", share <= LOST, "the face is there throughout", says, remedy, share)


def _median(findings: list[Finding]) -> Finding:
    """The one whose value is in the middle."""
    return sorted(findings, key=lambda one: one.value or 0.0)[len(findings) // 2]
