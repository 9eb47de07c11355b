"""Training clips of the sync encoder in memory: augmented sound as MFCC, and the lower face."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_audio.sync.augmentation import AudioAugmentation
from x2face_audio.sync.lips import lower_faces
from x2face_audio.sync.measures import measures_of
from x2face_audio.sync.networks import SyncDims
from x2face_audio.sync.sounds import CENTRE, FPS, RATE, mfcc
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.media.sound import read_sound
from x2face_core.pixels import from_bytes, to_bytes, to_tensor

LEAST = 18
"""Least number of frames of a clip."""
_LEAD = RATE // 5  # padding with silence, so that every frame has a full window


@dataclass(frozen=True)
class SyncBank:
    """Frames ordered by clip.

    lips: (n, side, side) uint8 grey
    measures: (n, 2 + b) mouth_measures, centred for each clip and standardised; NaN without labels
    first, count: (clips,) index of a clip's first frame, and number of its frames
    rows: for each version (m, 13) float32 MFCC; the first version is not augmented
    row_first, row_count: (versions, clips) index of a clip's first MFCC row, and number of its rows
    speed: (versions, clips) playback speed; weight: (clips,) drawing probability
    """

    lips: Tensor
    measures: Tensor
    first: Tensor
    count: Tensor
    rows: tuple[Tensor, ...]
    row_first: Tensor
    row_count: Tensor
    speed: Tensor
    weight: Tensor

    def __len__(self) -> int:
        return len(self.first)

    def to(self, device: torch.device) -> SyncBank:
        moved = {f.name: getattr(self, f.name).to(device) for f in fields(self) if f.name != "rows"}
        return replace(self, **moved, rows=tuple(rows.to(device) for rows in self.rows))

    def sound(self, clip: Tensor, frame: Tensor, version: int, rows: int = 20) -> Tensor:
        """(n, 20, 13) MFCC windows centred on frames of clips."""
        seconds = (_LEAD / RATE + (frame + 0.5) / FPS) / self.speed[version, clip]
        start = ((seconds - CENTRE / RATE) * 100).round().long()
        at = (start[:, None] + torch.arange(rows, device=start.device)).clamp_min(0)
        at = torch.minimum(at, self.row_count[version, clip][:, None] - 1)
        return self.rows[version][self.row_first[version, clip][:, None] + at]

    def lip_windows(self, clip: Tensor, frame: Tensor, frames: int = 5) -> Tensor:
        """(n, frames, side, side) in [0, 1]: lower faces in windows centred on frames of clips."""
        half = frames // 2
        at = (frame[:, None] + torch.arange(-half, frames - half, device=frame.device)).clamp_min(0)
        at = torch.minimum(at, self.count[clip][:, None] - 1)
        return from_bytes(self.lips[self.first[clip][:, None] + at])


@dataclass(frozen=True)
class _Read:
    lips: Tensor
    rows: list[NDArray[np.float32]]
    speeds: list[float]


def load_sync_bank(
    folder: FaceFolder,
    split: Split,
    dims: SyncDims,
    *,
    versions: int = 4,
    least: int = LEAST,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> SyncBank:
    """Decode the clips of a split whose sound is marked as in sync. InputError if there are none.

    versions: number of versions of the sound, all but the first augmented; least: frames of a clip
    """
    clips = [clip for clip in folder.of_split(split) if clip.sound and clip.frames >= least]
    if not clips:
        raise InputError(
            f"{folder.path}: its clips.csv has no clip of {least} frames in the split {split!r} with sound in sync."
        )
    read: list[_Read] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        for one in threads.map(lambda clip: _read(clip, dims, versions), clips):
            read.append(one)
            progress(len(read), len(clips))
    kept = [(clip, one) for clip, one in zip(clips, read, strict=True) if len(one.lips) >= least]
    if not kept:
        raise InputError(
            f"{folder.path}: none of the clips with sound of the split {split!r} has the {least} frames that its "
            "clips.csv promises; prepare it anew."
        )
    return _assembled(folder, [clip for clip, _ in kept], [one for _, one in kept])


def _read(clip: Clip, dims: SyncDims, versions: int) -> _Read:
    pictures = to_tensor(decode(clip.path, np.arange(clip.frames), 128))
    lips = to_bytes(lower_faces(pictures, dims.side) if len(pictures) else pictures[:, 0])
    sound = np.pad(read_sound(clip.path, RATE), (_LEAD, _LEAD))
    sound = np.pad(sound, (0, max(0, 2 * _LEAD + clip.frames * RATE // FPS - len(sound))))
    rng = np.random.default_rng(clip.row)
    chosen = [AudioAugmentation(), *(AudioAugmentation.drawn(rng) for _ in range(versions - 1))]
    return _Read(lips, [mfcc(version.of(sound, rng)) for version in chosen], [v.speed for v in chosen])


def _assembled(folder: FaceFolder, clips: Sequence[Clip], read: Sequence[_Read]) -> SyncBank:
    count = torch.tensor([len(one.lips) for one in read])
    versions = range(len(read[0].rows))
    row_count = torch.tensor([[len(one.rows[v]) for one in read] for v in versions])
    return SyncBank(
        lips=torch.cat([one.lips for one in read]),
        measures=measures_of(folder, clips, count),
        first=count.cumsum(0) - count,
        count=count,
        rows=tuple(torch.from_numpy(np.concatenate([one.rows[v] for one in read])) for v in versions),
        row_first=row_count.cumsum(1) - row_count,
        row_count=row_count,
        speed=torch.tensor([[one.speeds[v] for one in read] for v in versions]),
        weight=_weights(clips, count),
    )


def _weights(clips: Sequence[Clip], count: Tensor) -> Tensor:
    """(clips,) drawing probabilities: people are weighed by the square root of their number of frames."""
    frames: dict[str, int] = {}
    for clip, number in zip(clips, count.tolist(), strict=True):
        frames[clip.identity] = frames.get(clip.identity, 0) + number
    weights = torch.tensor(
        [number / frames[clip.identity] ** 0.5 for clip, number in zip(clips, count.tolist(), strict=True)],
        dtype=torch.float64,
    )
    return weights / weights.sum()
