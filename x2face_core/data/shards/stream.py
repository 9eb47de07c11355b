"""Pairs of frames from shards, in the order of order.PairOrder, decoded ahead of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from x2face_core.data.shards.clips import DecodedClip, Use, decoded
from x2face_core.data.shards.index import Shard
from x2face_core.data.shards.order import Clip, Drawn, Opened, PairOrder
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.reading import Sample, Warn, once, read_samples
from x2face_core.errors import InputError

_RECENT = 256
"""Pairs that are remembered, to take the place of those that cannot be read."""


@dataclass(frozen=True)
class Pair:
    """A pair of frames of a clip: their numbers among those that are used, the same for a photograph"""

    clip: DecodedClip
    source: int
    target: int


class PairStream:
    """The pairs of one part of a run.

    threads: that decode; warn: told of shards and samples that cannot be read, which are left out
    """

    def __init__(
        self,
        place: Place,
        shards: Sequence[Shard],
        use: Use,
        order: PairOrder,
        threads: ThreadPoolExecutor,
        warn: Warn,
    ) -> None:
        self.order, self.threads, self.warn = order, threads, warn
        self.use, self.reader = use, _Reader(place, shards, warn)
        self.events: Iterator[Opened | Drawn] = iter(())
        self.open: dict[Clip, Future[DecodedClip | None]] = {}
        self._recent: deque[tuple[DecodedClip, int]] = deque(maxlen=_RECENT)

    def begin(self, pairs: int) -> None:
        """Go to the place in the order after a number of pairs."""
        self.open = {}
        self._recent.clear()
        self.reader.forget()
        self.events = self.order.after(pairs)

    def draw(self, count: int, rng: np.random.Generator, far: int = 1) -> list[Pair]:
        """The next pairs. One that cannot be read is replaced by another of those before; InputError if none can.

        far: number of candidates for the source, of which the one farthest in pose is taken
        """
        drawn = [self._next() for _ in range(count)]
        self._recent.extend((clip, target) for clip, target in drawn if clip is not None)
        self._look_for_readable()
        chosen = [
            (clip, target) if clip is not None else self._recent[rng.integers(len(self._recent))]
            for clip, target in drawn
        ]
        return [Pair(clip, _source(clip, target % len(clip), rng, far), target % len(clip)) for clip, target in chosen]

    def _look_for_readable(self) -> None:
        """Where no pair could be read yet, go on to the next that can."""
        for _ in range(self.order.length(0)):
            if self._recent:
                return
            clip, target = self._next()
            if clip is not None:
                self._recent.append((clip, target))
        if not self._recent:
            raise InputError(f"{self.reader.place.text}: none of the shards' clips can be read.")

    def _next(self) -> tuple[DecodedClip | None, int]:
        for event in self.events:
            if isinstance(event, Opened):
                sample = self.reader.sample(event.clip)
                self.open[event.clip] = self.threads.submit(self._decoded, event.clip, sample)
                continue
            clip = self.open.pop(event.clip) if event.last else self.open[event.clip]
            return clip.result(), event.target
        raise InputError(f"{self.reader.place.text}: no shard has a clip with two frames to pair.")

    def _decoded(self, clip: Clip, sample: Sample | None) -> DecodedClip | None:
        try:
            return None if sample is None else decoded(sample, self.use)
        except InputError as error:
            self.warn(f"{self.reader.name(clip[0])}: {error}")
            return None


def _source(clip: DecodedClip, target: int, rng: np.random.Generator, far: int) -> int:
    if clip.still or len(clip) < 2:
        return target
    rivals = (target + 1 + rng.integers(len(clip) - 1, size=max(1, far))) % len(clip)
    pose = clip.labels.get("pose")
    if pose is None:
        return int(rivals[0])
    return int(rivals[np.abs(pose[rivals] - pose[target]).sum(1).argmax()])


class _Reader:
    """Reads samples of several shards, of each shard in ascending order."""

    def __init__(self, place: Place, shards: Sequence[Shard], warn: Warn) -> None:
        self.place, self.shards = place, shards
        self.warn = once(warn)
        self._at: dict[int, tuple[int, Iterator[Sample]]] = {}

    def forget(self) -> None:
        self._at = {}

    def name(self, shard: int) -> str:
        return self.place.name(self.shards[shard].name)

    def sample(self, clip: Clip) -> Sample | None:
        """The sample; None if it cannot be read."""
        shard, number = clip
        known = self.shards[shard]
        last, samples = self._at.get(shard, (number, None))
        if samples is None or number <= last:
            samples = read_samples(self.place, known.name, len(known.clips), self.warn, lambda at: at >= number)
        for sample in samples:
            if sample.number >= number:
                break
        else:
            sample = None
        self._at[shard] = number, samples
        if number == len(known.clips) - 1:
            next(samples, None)  # to its end, where it is closed
            del self._at[shard]
        return sample if sample is not None and sample.number == number else None
