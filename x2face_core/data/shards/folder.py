"""A folder of shards as training sees it: its index, and a few of its clips in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.data.bank import Bank
from x2face_core.data.folder import Clip, FaceFolder, Labels
from x2face_core.data.shards.clips import DecodedClip, Use, bank_of, decoded
from x2face_core.data.shards.index import INDEX, Index, Shard, read_index
from x2face_core.data.shards.places import Place, is_url
from x2face_core.data.shards.reading import Warn, read_samples
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.geometry.landmarks import POINTS

PROBED = {"train": 256, "val": 300, "test": 0}
"""Clips of each split in memory: for the readout and the choice of precision, and for held-out figures."""
_PATTERN = re.compile(r"[*?{\[]|\.tar$")
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


def is_shards(data: str | Path) -> bool:
    """Whether --data names shards: a URL, a pattern of archives, or a folder with shards.json and no clips.csv."""
    text = str(data)
    if is_url(text) or _PATTERN.search(text.rpartition("/")[2]):
        return True
    folder = Path(data)
    return (folder / INDEX).is_file() and not (folder / "clips.csv").exists()


class ShardFolder(FaceFolder):
    """Shards of face tracks (docs/scale.md). Its clips and labels are those of the few in memory.

    data: a folder or URL with shards.json, or such a folder and a pattern for its archives of the split train, such as
        s3://bucket/tracks/train-{000000..000099}.tar
    InputError if there is no index, or no such archive.
    """

    def __init__(self, data: str | Path) -> None:
        text, pattern = str(data).rstrip("/"), None
        if _PATTERN.search(text.rpartition("/")[2]):
            text, _, pattern = text.rpartition("/")
        self.place = Place.of(text or ".")
        self.path = Path(text or ".")
        self.index: Index = read_index(self.place)
        self.training = [one for one in self.index.of_split("train") if pattern is None or _matches(one.name, pattern)]
        if not self.training:
            asked = f"no shard of the split 'train' is named {pattern}" if pattern else "there is no shard to train on"
            raise InputError(f"{self.place.name(INDEX)}: {asked}.")
        self.clips: list[Clip] = []
        self._banks: dict[str, Bank] = {}
        self._measured: list[tuple[Clip, DecodedClip]] = []

    def people(self, split: Split) -> int:
        """Of the split train in all shards, of others in the clips in memory."""
        return self.index.people if split == "train" else super().people(split)

    @property
    def has_labels(self) -> bool:
        return self.index.statistics is not None

    @cached_property
    def stills(self) -> None:
        return None

    @cached_property
    def labels(self) -> Labels:
        """Of the clips in memory, those of the frames with landmarks."""
        counts = [len(one) for _, one in self._measured]
        clip: NDArray[np.int64] = np.repeat([row.row for row, _ in self._measured], counts)
        frame = np.concatenate([one.frames for _, one in self._measured])
        measured = np.concatenate([one.measured for _, one in self._measured if one.measured is not None])
        landmarks = np.concatenate([one.labels["landmarks"] for _, one in self._measured])
        return Labels(clip, frame, measured[:, :3], measured[:, 3:], np.stack([clip, frame], 1), landmarks)

    def layout(self) -> NDArray[np.float32]:
        """(71, 3): the canonical layout of the index. InputError without labels."""
        statistics = self.index.statistics
        if statistics is None:
            raise InputError(
                f"{self.place.text}: its shards hold no labels; prepare with --landmarks, "
                "or take the recipe photometric or paper, which need none."
            )
        points = np.array(statistics.layout, np.float32)
        if points.shape != (POINTS, 3):
            raise InputError(f"{self.place.name(INDEX)}: its layout has the shape {points.shape}; write it again.")
        return points

    def counts(self, use: Use, warn: Warn) -> list[list[int]]:
        """For each shard, the number of frames of each sample that are used.

        It is 0 for samples of shards that are missing or have another size than in the index, which `warn` is told.
        """
        return [self._counts(shard, use, warn) for shard in self.training]

    def _counts(self, shard: Shard, use: Use, warn: Warn) -> list[int]:
        counts = [use.count(*clip) for clip in shard.clips]
        if self.place.size(shard.name) == shard.bytes:
            return counts
        samples = read_samples(self.place, shard.name, len(counts), warn, lambda number: True)
        intact = {sample.number for sample in samples}
        return [count if number in intact else 0 for number, count in enumerate(counts)]

    def bank(self, split: Split, use: Use, warn: Warn) -> Bank:
        """A bank of a few clips of a split. InputError if none can be read."""
        if split not in self._banks:
            if use.labels:
                self.layout()
            shards = self.training if split == "train" else self.index.of_split(split)
            found = list(self._probed(shards, PROBED[split], use, warn))
            if not found:
                raise InputError(f"{self.place.text}: no clip of the split {split!r} can be read.")
            rows = [self._row(split, number, clip) for number, clip in enumerate(found, start=len(self.clips))]
            bank = bank_of(found, use, first=len(self.clips))
            self.clips.extend(rows)
            self._measured.extend(zip(rows, found, strict=True))
            self._banks[split] = bank
        return self._banks[split]

    def _probed(self, shards: Sequence[Shard], most: int, use: Use, warn: Warn) -> Iterator[DecodedClip]:
        """The first clips, up to `most`, of as many shards as that takes."""
        left = most
        for shard in shards:
            used = {
                number for number, (frames, marked) in enumerate(shard.clips) if frames and use.count(frames, marked)
            }
            for sample in read_samples(self.place, shard.name, len(shard.clips), warn, used.__contains__):
                try:
                    yield decoded(sample, use)
                except InputError as error:
                    warn(f"{self.place.name(shard.name)}: {error}")
                    continue
                left -= 1
                if not left:
                    return

    def _row(self, split: Split, row: int, clip: DecodedClip) -> Clip:
        frames = int(clip.frames[-1]) + 1
        return Clip(row, Path(clip.key), clip.identity, frames, frames / 25, False, split, 0.0, "")


def _matches(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern with *, ?, [...] and a range {000..099}."""
    span = _RANGE.search(pattern)
    if span is None:
        return fnmatch(name, pattern)
    head, tail, low, high = pattern[: span.start()], pattern[span.end() :], span[1], span[2]
    number = name[len(head) : len(name) - len(tail)]
    fits = name.startswith(head) and name.endswith(tail) and number.isdecimal() and len(number) == len(low)
    return fits and int(low) <= int(number) <= int(high)
