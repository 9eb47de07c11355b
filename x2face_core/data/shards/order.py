"""The order in which shards are read: each pair of frames once an epoch, shuffled, and the same at every run.

It depends on the index, the seed and the number of parts alone, so that a resumed run goes on where it was without
reading what came before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Clip = tuple[int, int]
"""Number of the shard, number of the sample in it."""


@dataclass(frozen=True)
class Opened:
    """From here on pairs of this clip are drawn; clips of a shard are opened in its order."""

    clip: Clip


@dataclass(frozen=True)
class Drawn:
    """A pair to be made: the clip, and the number of the target among its frames that are used; last: of this clip"""

    clip: Clip
    target: int
    last: bool


@dataclass
class _Open:
    """A clip in the buffer. left: numbers of frames that have not been targets"""

    clip: Clip
    left: list[int] = field(default_factory=list)


class PairOrder:
    """The endless order of one part.

    counts: for each shard, the number of frames of each sample that are used, 0 for a sample that is not used
    part, parts: which part of how many; parts share out the shards anew at every epoch, or the samples, where there are
        fewer shards than parts
    buffer: how many clips pairs are drawn from at a time
    """

    def __init__(self, counts: Sequence[Sequence[int]], seed: int, part: int, parts: int, buffer: int) -> None:
        self.counts, self.seed, self.part, self.parts, self.buffer = counts, seed, part, parts, buffer

    def epoch(self, number: int) -> Iterator[Opened | Drawn]:
        """All pairs of an epoch."""
        rng = random.Random(f"{self.seed} {number} {self.part}")
        waiting = iter(self._clips(number))
        pool: list[_Open] = []
        while True:
            while len(pool) < self.buffer and (clip := next(waiting, None)) is not None:
                pool.append(_shuffled(clip, self.counts[clip[0]][clip[1]], rng))
                yield Opened(clip)
            if not pool:
                return
            at = int(rng.random() * len(pool))
            target = pool[at].left.pop()
            last = not pool[at].left
            yield Drawn(pool[at].clip, target, last)
            if last:
                pool[at] = pool[-1]
                pool.pop()

    def length(self, number: int) -> int:
        """Number of pairs in an epoch."""
        return sum(self.counts[shard][sample] for shard, sample in self._clips(number))

    def after(self, pairs: int) -> Iterator[Opened | Drawn]:
        """The order without its first pairs, of which clips that are not finished are opened again."""
        if not self.length(0):
            return
        number = 0
        while pairs >= (length := self.length(number)):
            pairs -= length
            number += 1
        while True:
            events = self.epoch(number)
            yield from map(Opened, _open_after(events, pairs))
            yield from events
            number, pairs = number + 1, 0

    def _clips(self, number: int) -> Iterator[Clip]:
        """The clips of this part in an epoch, in the order in which they are read."""
        shards = [shard for shard, samples in enumerate(self.counts) if any(samples)]
        random.Random(f"{self.seed} {number}").shuffle(shards)
        by_sample = len(shards) < self.parts
        mine = shards if by_sample else shards[self.part :: self.parts]
        at = 0
        for shard in mine:
            for sample, count in enumerate(self.counts[shard]):
                if count:
                    if not by_sample or at % self.parts == self.part:
                        yield shard, sample
                    at += 1


def _open_after(events: Iterator[Opened | Drawn], pairs: int) -> list[Clip]:
    """Skip pairs; returns the clips that are open then, in the order in which they were opened."""
    unfinished: dict[Clip, None] = {}
    while pairs:
        event = next(events)
        if isinstance(event, Opened):
            unfinished[event.clip] = None
            continue
        pairs -= 1
        if event.last:
            del unfinished[event.clip]
    return list(unfinished)


def _shuffled(clip: Clip, count: int, rng: random.Random) -> _Open:
    left = list(range(count))
    rng.shuffle(left)
    return _Open(clip, left)
