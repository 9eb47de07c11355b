"""Decoded samples of shards, and banks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray

from x2face_core.data.bank import Bank
from x2face_core.data.loading import numbered, reduced_frames
from x2face_core.data.measures import mirrored_scores, standardised_expression, standardised_scores
from x2face_core.data.shards.index import Statistics
from x2face_core.data.shards.reading import Sample
from x2face_core.data.tables import blendshapes, expression, gaze
from x2face_core.errors import InputError
from x2face_core.files.faults import reason
from x2face_core.geometry.landmarks import with_forehead, with_irises
from x2face_core.media.images import picture_in
from x2face_core.media.opening import opened_content


@dataclass(frozen=True)
class Use:
    """How training uses samples.

    side: of the pictures; every: every nth frame is used, where labels are not; labels: use the frames with landmarks
    stills: use labelled photographs, as pairs with themselves
    statistics: by which labels are standardised
    """

    side: int
    every: int = 5
    labels: bool = False
    stills: bool = False
    statistics: Statistics | None = None

    def count(self, frames: int, marked: int) -> int:
        """How many frames of a sample of index.Shard.clips are used."""
        if frames == 0:
            return int(self.labels and self.stills and marked == 1)
        used = marked if self.labels else -(-frames // self.every)
        return used if used >= 2 else 0


@dataclass(frozen=True)
class DecodedClip:
    """The k frames of a sample that are used.

    pictures: (k, side, side, 3); key: of the sample; identity: of its row; still: whether it is a photograph
    frames: (k,) their numbers; labels: landmarks, pose and the like, as of Bank
    measured: (k, 7) pose in degrees and expression, not standardised, or None
    """

    pictures: NDArray[np.uint8]
    key: str
    identity: str
    still: bool
    frames: NDArray[np.int64]
    labels: dict[str, NDArray[np.float32]]
    measured: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.pictures)


def decoded(sample: Sample, use: Use) -> DecodedClip:
    """Decode the frames that are used. InputError if the sample cannot be decoded, or has fewer than two frames."""
    still = "file" in sample.row
    try:
        frames = _frames(sample, use, still)
        pictures = _photograph(sample, use.side) if still else _film(sample.content, frames, use.side)
        labels, measured = _labels(sample, use, len(pictures)) if use.labels else ({}, None)
    except (av.FFmpegError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"{sample.key}: cannot be decoded ({reason(error):.100}).") from error
    if len(pictures) < 2 and not still:
        raise InputError(f"{sample.key}: has fewer than two frames that can be decoded.")
    frames = frames[: len(pictures)]
    return DecodedClip(pictures, sample.key, str(sample.row["identity"]), still, frames, labels, measured)


def _frames(sample: Sample, use: Use, still: bool) -> NDArray[np.int64]:
    if still:
        return np.zeros(1, np.int64)
    if not use.labels:
        return np.arange(0, int(sample.row["frames"]), use.every)
    assert sample.labels is not None
    return np.sort(sample.labels["landmark_frame"].astype(np.int64))


def _film(content: bytes, wanted: NDArray[np.int64], side: int) -> NDArray[np.uint8]:
    frames: list[NDArray[np.uint8]] = []
    with opened_content(content, "mp4") as container:
        stream = container.streams.video[0]
        frames.extend(reduced_frames(container, stream, wanted, side))
    return np.stack(frames) if frames else np.zeros((0, side, side, 3), np.uint8)


def _photograph(sample: Sample, side: int) -> NDArray[np.uint8]:
    from PIL import Image

    with picture_in(sample.content, sample.key) as picture:
        return np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BOX))[None]


def _labels(sample: Sample, use: Use, count: int) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]:
    data, known = sample.labels, use.statistics
    assert data is not None and known is not None
    rows: NDArray[Any] = np.zeros(1, np.int64)
    order = rows
    if "frame" in data:
        order = np.argsort(data["landmark_frame"], kind="stable")[:count]
        rows = np.searchsorted(data["frame"], data["landmark_frame"][order])
    looking = gaze(data)
    open_, blend = expression(data)[rows], blendshapes(data)
    points = with_forehead(data["landmarks"][order].astype(np.float32))
    directions = np.zeros((len(rows), 2), np.float32) if looking is None else looking[rows]
    pose = data["pose"][rows].astype(np.float32)
    labels = {
        "landmarks": with_irises(points, directions),
        "pose": pose,
        "expression": standardised_expression(open_, *_arrays(known.expression)),
    }
    if known.gaze:
        labels["gaze"] = directions
    if known.blend is not None:
        scores = np.zeros((len(rows), len(known.blend[0])), np.float32) if blend is None else blend[rows]
        labels["blend"] = standardised_scores(scores, *_arrays(known.blend))
    return labels, np.concatenate([pose, open_], axis=1)


def _arrays(pair: tuple[list[float], list[float]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.array(pair[0], np.float32), np.array(pair[1], np.float32)


def gathered(rows: Sequence[tuple[DecodedClip, int]], use: Use) -> Bank:
    """A bank of single frames: of each clip the frame of that number, all weighed alike."""
    names = rows[0][0].labels if rows else ()
    labels = {name: torch.from_numpy(np.stack([clip.labels[name][at] for clip, at in rows])) for name in names}
    known = use.statistics
    if "blend" in labels and known is not None:
        labels["blend_mirror"] = torch.from_numpy(mirrored_scores(known.blend_names))
    count = len(rows)
    return Bank(
        pictures=torch.from_numpy(np.stack([clip.pictures[at] for clip, at in rows])),
        clip=torch.tensor([-1 if clip.still else 0 for clip, _ in rows]),
        frame=torch.tensor([int(clip.frames[at]) for clip, at in rows]),
        first=torch.arange(count),
        count=torch.ones(count, dtype=torch.int64),
        weight=torch.full((count,), 1 / count, dtype=torch.float64),
        person=numbered([clip.identity for clip, _ in rows]),
        **labels,
    )


def bank_of(clips: Sequence[DecodedClip], use: Use, first: int) -> Bank:
    """A bank of whole clips, numbered from `first`, all frames weighed alike; photographs are left out."""
    films = [clip for clip in clips if not clip.still]
    bank = gathered([(clip, at) for clip in films for at in range(len(clip))], use)
    counts = torch.tensor([len(clip) for clip in films])
    number = torch.repeat_interleave(first + torch.arange(len(films)), counts)
    begins = torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    return replace(bank, clip=number, first=begins, count=torch.repeat_interleave(counts, counts))
