"""Pictures of people in memory, from clips and photographs alike, for training and testing identity networks."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.pixels import to_tensor


@dataclass(frozen=True)
class IdentityBank:
    """Pictures ordered by person, then by file; n in all, of p people.

    pictures: (n, side, side, 3) uint8 RGB
    person, file: (n,) int64, number of the person, and of the clip or photograph
    source: (n,) int64, number of the data source, such as a website
    first, count: (p,) int64, index of a person's first picture, and number of them
    """

    pictures: Tensor
    person: Tensor
    file: Tensor
    source: Tensor
    first: Tensor
    count: Tensor

    @property
    def people(self) -> int:
        return len(self.first)

    def to(self, device: torch.device) -> IdentityBank:
        return replace(self, **{name: value.to(device) for name, value in self.__dict__.items()})

    def thinned(self, most: int) -> IdentityBank:
        """Every nth picture, so that at most that many are left."""
        rows = torch.arange(0, len(self.person), -(-len(self.person) // most), device=self.person.device)
        person = torch.unique(self.person[rows], return_inverse=True)[1]
        count = torch.bincount(person)
        return IdentityBank(
            self.pictures[rows], person, self.file[rows], self.source[rows], count.cumsum(0) - count, count
        )

    def floats(self, rows: Tensor) -> Tensor:
        """The pictures of k rows as (k, 3, side, side) float32 in [0, 1]."""
        return to_tensor(self.pictures[rows])


@dataclass(frozen=True)
class _Job:
    """Frames of a clip, or a photograph (no frames)."""

    path: Path
    person: str
    source: str
    frames: NDArray[np.int64] | None


def load_identity_bank(
    folder: FaceFolder,
    split: Split,
    side: int,
    *,
    frames: int,
    every: int = 5,
    least: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> IdentityBank:
    """Decode pictures of all people of a split. InputError if there are fewer than `least`.

    side: of the pictures, pixels; frames: largest number of frames of a person, spread over the clips
    every: only every nth frame of a clip is taken
    """
    jobs = sorted(_jobs(folder, split, frames, every), key=lambda job: (job.person, str(job.path)))
    people = sorted({job.person for job in jobs})
    if len(people) < least:
        who = f"one person only, {people[0]!r:.60}" if people else "nobody"
        raise InputError(
            f"{folder.path}: its split {split!r} shows {who}; an identity network learns from two people or more."
        )
    read: list[NDArray[np.uint8]] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        for pictures in threads.map(lambda job: _read(job, side), jobs):
            read.append(pictures)
            progress(len(read), len(jobs))
    return _assembled(jobs, read)


def _jobs(folder: FaceFolder, split: Split, frames: int, every: int) -> Iterator[_Job]:
    of_person: dict[str, list[Clip]] = defaultdict(list)
    for clip in folder.of_split(split):
        of_person[clip.identity].append(clip)
    for person, clips in of_person.items():
        if len(clips) > frames:
            clips = [clips[at * len(clips) // frames] for at in range(frames)]
        each = max(2, frames // len(clips))
        for clip in clips:
            numbers = np.arange(0, clip.frames, every)
            chosen = numbers[np.unique(np.linspace(0, len(numbers) - 1, each).round().astype(int))]
            yield _Job(clip.path, person, clip.source, chosen)
    for still in folder.stills.of_split(split) if folder.stills else []:
        yield _Job(still.path, still.identity, still.source, None)


def _read(job: _Job, side: int) -> NDArray[np.uint8]:
    """(k, side, side, 3)"""
    if job.frames is not None:
        return decode(job.path, job.frames, side)
    from PIL import Image

    from x2face_core.media.images import read_picture

    picture = Image.fromarray(read_picture(job.path)).resize((side, side), Image.Resampling.BOX)
    return np.asarray(picture)[None]


def _assembled(jobs: Sequence[_Job], read: Sequence[NDArray[np.uint8]]) -> IdentityBank:
    kept = [(job, pictures) for job, pictures in zip(jobs, read, strict=True) if len(pictures)]
    people = {name: k for k, name in enumerate(sorted({job.person for job, _ in kept}))}
    sources = {name: k for k, name in enumerate(sorted({job.source for job, _ in kept}))}
    counts = torch.tensor([len(pictures) for _, pictures in kept])
    person = torch.tensor([people[job.person] for job, _ in kept]).repeat_interleave(counts)
    count = torch.bincount(person, minlength=len(people))
    return IdentityBank(
        pictures=torch.from_numpy(np.concatenate([pictures for _, pictures in kept])),
        person=person,
        file=torch.arange(len(kept)).repeat_interleave(counts),
        source=torch.tensor([sources[job.source] for job, _ in kept]).repeat_interleave(counts),
        first=count.cumsum(0) - count,
        count=count,
    )
