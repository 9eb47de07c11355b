"""Decoding a folder's frames and photographs into a bank."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.measures import Measures, measures_of
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.media.opening import film_stream, opened


def decode(path: Path, wanted: NDArray[np.int64], side: int) -> NDArray[np.uint8]:
    """Decode the wanted frames (ascending numbers) of a track to (k, side, side, 3) uint8.

    Fewer if the file is truncated; InputError if none can be decoded.
    """
    frames: list[NDArray[np.uint8]] = []
    try:
        with opened(path) as container:
            if (stream := film_stream(container)) is None:
                raise InputError(f"{path}: holds no picture that can be decoded; remove its row from clips.csv.")
            frames.extend(reduced_frames(container, stream, wanted, side))
    except (av.FFmpegError, OSError) as error:
        if not frames:
            raise InputError(f"{path}: cannot be decoded ({error}); `x2face prepare` drops such files.") from error
    return np.stack(frames) if frames else np.zeros((0, side, side, 3), np.uint8)


def reduced_frames(
    container: InputContainer, stream: VideoStream, wanted: NDArray[np.int64], side: int
) -> Iterator[NDArray[np.uint8]]:
    """Decode the wanted frames (ascending numbers) of a film, each as (side, side, 3)."""
    numbers, last = set(wanted.tolist()), int(wanted[-1])
    stream.thread_type = "NONE"
    reformatter = VideoReformatter()
    for number, frame in enumerate(container.decode(stream)):
        if number in numbers:
            small = reformatter.reformat(frame, width=side, height=side, format="rgb24", interpolation="AREA")
            picture: NDArray[Any] = small.to_ndarray()
            yield picture
        if number >= last:
            return


def load_bank(
    folder: FaceFolder,
    split: Split,
    side: int,
    *,
    every: int = 5,
    labels: bool = True,
    stills: float = 0.0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Bank:
    """Decode the frames of a split with landmarks, or without labels every nth frame.

    side: pixels a side of the pictures in the bank; every: n; labels: use frames with landmarks
    stills: share of the drawing probability that goes to the folder's labelled photographs
    progress: called with the number of clips decoded and in all
    InputError if a clip cannot be decoded, or none of the split has two frames.
    """
    clips = folder.of_split(split)
    if not clips:
        raise InputError(f"{folder.path}: its clips.csv has no clip in the split {split!r}.")
    wanted = _labelled(folder, clips) if labels else [np.arange(0, clip.frames, every) for clip in clips]
    kept = [(clip, frames) for clip, frames in zip(clips, wanted, strict=True) if len(frames) >= 2]
    if not kept:
        raise InputError(f"{folder.path}: no clip of the split {split!r} has two frames to pair.")
    photographs = _photographs(folder, split, side) if labels and stills > 0 else None
    pictures: list[NDArray[np.uint8]] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        for part in threads.map(lambda job: decode(job[0].path, job[1], side), kept):
            pictures.append(part)
            progress(len(pictures), len(kept))
    return _assemble(folder, kept, pictures, labels, photographs, stills)


def _labelled(folder: FaceFolder, clips: Sequence[Clip]) -> list[NDArray[np.int64]]:
    ref = folder.labels.landmark_ref
    order = np.lexsort((ref[:, 1], ref[:, 0]))
    ref = ref[order]
    starts = np.searchsorted(ref[:, 0], [clip.row for clip in clips])
    ends = np.searchsorted(ref[:, 0], [clip.row for clip in clips], side="right")
    return [ref[a:b, 1] for a, b in zip(starts, ends, strict=True)]


@dataclass(frozen=True)
class _Photographs:
    """pictures: (k, side, side, 3); rows: (k,) rows of pictures.csv; weight: (k,), sums to 1; people: of each."""

    pictures: NDArray[np.uint8]
    rows: NDArray[np.int64]
    weight: NDArray[np.float64]
    people: list[str]


def _photographs(folder: FaceFolder, split: Split, side: int) -> _Photographs | None:
    """The split's labelled photographs; each data source is weighed by the square root of its size."""
    from x2face_core.media.images import read_picture

    found = folder.stills
    chosen = [] if found is None or found.labels is None else found.of_split(split)
    if not chosen:
        return None
    pictures = [_reduced(read_picture(picture.path), side) for picture in chosen]
    numbers: dict[str, int] = {}
    for picture in chosen:
        numbers[picture.source] = numbers.get(picture.source, 0) + 1
    weight = np.array([numbers[picture.source] ** -0.5 for picture in chosen])
    rows, people = np.array([picture.row for picture in chosen]), [picture.identity for picture in chosen]
    return _Photographs(np.stack(pictures), rows, weight / weight.sum(), people)


def _reduced(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BOX))


def clip_weights(clips: Sequence[Clip], counts: Sequence[int]) -> NDArray[np.float64]:
    """(clips,) relative drawing weights: people by the square root of their frames, capped; moving clips more.

    Without the cap a few people with thousands of short clips would dominate.
    """
    frames: dict[str, int] = {}
    for clip, count in zip(clips, counts, strict=True):
        frames[clip.identity] = frames.get(clip.identity, 0) + count
    within = np.array([count**0.5 * (1 + clip.yaw_range / 10) for clip, count in zip(clips, counts, strict=True)])
    totals: dict[str, float] = {}
    for clip, value in zip(clips, within, strict=True):
        totals[clip.identity] = totals.get(clip.identity, 0.0) + value
    person = np.array([min(frames[clip.identity], 150) ** 0.5 / totals[clip.identity] for clip in clips])
    weights: NDArray[np.float64] = person * within
    return weights


def _assemble(
    folder: FaceFolder,
    kept: list[tuple[Clip, NDArray[np.int64]]],
    pictures: list[NDArray[np.uint8]],
    labels: bool,
    photographs: _Photographs | None,
    share: float,
) -> Bank:
    pairs = [(clip, frames[: len(part)], part) for (clip, frames), part in zip(kept, pictures, strict=True)]
    pairs = [entry for entry in pairs if len(entry[2]) >= 2]
    if not pairs:
        raise InputError(f"{folder.path}: none of its clips could be decoded.")
    counts = np.array([len(part) for _, _, part in pairs])
    weights = clip_weights([clip for clip, _, _ in pairs], counts.tolist())
    clip = np.repeat([entry[0].row for entry in pairs], counts)
    frame = np.concatenate([frames for _, frames, _ in pairs])
    weight = np.repeat(weights / counts, counts)
    rows = np.zeros(0, np.int64) if photographs is None else photographs.rows
    measured = measures_of(folder, clip, frame, rows) if labels else None
    if measured is not None:  # within a clip, frames with open mouths or closed eyes are drawn more often
        weight = weight * measured.interest[: len(clip)]
        sums = np.repeat(np.add.reduceat(weight, np.cumsum(counts) - counts), counts)
        weight = weight / sums * np.repeat(weights, counts)
    weight = weight / weight.sum()
    first = np.repeat(np.cumsum(counts) - counts, counts)
    people = np.repeat([entry[0].identity for entry in pairs], counts).tolist()
    bank = Bank(
        pictures=torch.from_numpy(np.concatenate([part for _, _, part in pairs])),
        clip=torch.from_numpy(clip),
        frame=torch.from_numpy(frame),
        first=torch.from_numpy(first),
        count=torch.from_numpy(np.repeat(counts, counts)),
        weight=torch.from_numpy(weight),
    )
    if photographs is not None:
        bank = _joined(bank, photographs, share)
        people += photographs.people
    bank = replace(bank, person=numbered(people))
    return bank if measured is None else _measured(bank, measured)


def numbered(people: Sequence[str]) -> Tensor:
    """(n,) int64: a number for each name, in the order of their first appearance."""
    numbers: dict[str, int] = {}
    return torch.tensor([numbers.setdefault(one, len(numbers)) for one in people], dtype=torch.int64)


def _joined(bank: Bank, photographs: _Photographs, share: float) -> Bank:
    """Append photographs to a bank, each as a clip of one frame. share: their total drawing probability"""
    count = len(photographs.rows)
    ones = torch.ones(count, dtype=torch.int64)
    return replace(
        bank,
        pictures=torch.cat([bank.pictures, torch.from_numpy(photographs.pictures)]),
        clip=torch.cat([bank.clip, -ones]),
        frame=torch.cat([bank.frame, torch.from_numpy(photographs.rows)]),
        first=torch.cat([bank.first, len(bank) + torch.arange(count)]),
        count=torch.cat([bank.count, ones]),
        weight=torch.cat([bank.weight * (1 - share), torch.from_numpy(photographs.weight) * share]),
    )


def _measured(bank: Bank, measures: Measures) -> Bank:
    arrays = {f.name: getattr(measures, f.name) for f in fields(measures) if f.name != "interest"}
    return replace(bank, **{name: torch.from_numpy(value) for name, value in arrays.items() if value is not None})
