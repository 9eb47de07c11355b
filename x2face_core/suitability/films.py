"""Checks of a film as a driver: head rotation, frames without the face, number of faces, framing and light."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.media.clips import Clip
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_tensor
from x2face_core.sources.portraits import Portrait
from x2face_core.sources.source import Model
from x2face_core.streaming.batching import batches
from x2face_core.suitability.findings import Finding, make_finding
from x2face_core.suitability.framing import edges, face_size
from x2face_core.suitability.light import brightness, sharpness
from x2face_core.suitability.reach import Turns
from x2face_core.suitability.sources import readings

LOST_SHARE = 0.05
"""Largest share of frames without the face that is not warned of."""
_SAMPLES = 5  # frames looked at per second of film
_BATCH = 16
_MOST = 200


@dataclass(frozen=True, eq=False)
class SampledFrames:
    """A few frames per second of a film.

    crops: (side, side, 3) each, of at most _MOST frames with the face, spread over the film
    present: (n,), whether each sampled frame shows the face
    turns: statistics of head rotation in frames with the face; None if the weights carry no reading
    """

    crops: list[Picture]
    present: NDArray[np.bool_]
    turns: Turns | None


def of_film(clip: Clip, scale: float, model: Model) -> list[Finding]:
    """All findings about a film. scale: side of the crop in sides of the face"""
    samples = sample_frames(clip, model)
    middle = samples.crops[len(samples.crops) // 2]
    portrait = Portrait(middle, clip.box, middle, size=clip.size)
    found = [face_count(clip), frames_without_face(samples.present), edges(portrait), face_size(portrait, scale)]
    found += [_median([brightness(one) for one in samples.crops]), _median([sharpness(one) for one in samples.crops])]
    remedy = "a film that turns less suits, or --frame-weight 0.7 takes less of it"
    return found if samples.turns is None else [*found, samples.turns.finding(remedy)]


def sample_frames(clip: Clip, model: Model) -> SampledFrames:
    """Read a film once and keep _SAMPLES frames per second."""
    step, side = max(1, round(clip.fps / _SAMPLES)), model.dims.side
    crops: list[Picture] = []
    present: list[bool] = []
    turns: Turns | None = Turns()
    every = 1  # batches of which crops of one are kept
    sampled = (frame.crop(clip.box, side) for frame in islice(clip.frames(side), 0, None, step))
    for batch, (_, pictures) in enumerate(batches(sampled, _BATCH)):
        seen = [clip.present(step * (len(present) + k)) for k in range(len(pictures))]
        present += seen
        shown = [picture for picture, there in zip(pictures, seen, strict=True) if there]
        crops += shown[:: max(1, len(shown) // 2)] if batch % every == 0 else []
        if len(crops) > _MOST:
            crops, every = crops[::2], 2 * every
        turns = _turned(turns, shown, model)
    return SampledFrames(crops, np.array(present), turns)


def _turned(turns: Turns | None, pictures: list[Picture], model: Model) -> Turns | None:
    """`turns` updated by these pictures; None if the weights carry no reading."""
    if turns is None or not pictures:
        return turns
    read: Tensor | None = readings(model.encode(to_tensor(pictures)), model)
    if read is None:
        return None
    turns.add(read)
    return turns


def face_count(clip: Clip) -> Finding:
    """Whether the film shows one face."""
    count = 1 + len(clip.others)
    boxes = " or ".join(f"{box.x:.0f},{box.y:.0f},{box.side:.0f},{box.side:.0f}" for box in clip.others)
    says = f"{count} faces are there, and number {clip.number} from the left, seen longest and largest, is taken"
    remedy = f"as a source --face N takes another, as a driver --frame-crop {boxes}"
    return make_finding("faces", count == 1, "one face", says, remedy, count)


def frames_without_face(present: NDArray[np.bool_]) -> Finding:
    """Share of frames without the face. present: (n,), whether each frame shows it"""
    share = float((~present).mean()) if len(present) else 0.0
    says, remedy = f"the face is gone in {share:.0%} of the frames", "there the result stays as it was; cut them out"
    return make_finding("lost", share <= LOST_SHARE, "the face is there throughout", says, remedy, share)


def _median(findings: list[Finding]) -> Finding:
    """The finding with the median value."""
    return sorted(findings, key=lambda one: one.value or 0.0)[len(findings) // 2]
