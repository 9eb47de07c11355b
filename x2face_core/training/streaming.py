"""Batches from shards: every frame is a target once an epoch, in an order that a resumed run goes on with."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch

from x2face_core.data.bank import Bank
from x2face_core.data.shards.clips import Use, gathered
from x2face_core.data.shards.folder import ShardFolder
from x2face_core.data.shards.order import PairOrder
from x2face_core.data.shards.reading import Warn
from x2face_core.data.shards.stream import Pair, PairStream
from x2face_core.training.drawing import Pairs, Sampler
from x2face_core.training.processes import Processes
from x2face_core.training.recipes import LabelledRecipe, Recipe


class BatchesOfPairs(Protocol):
    """Batches that can be made of any bank and any of its pairs."""

    def draw(self, rng: torch.Generator, count: int) -> object: ...

    def on(self, bank: Bank) -> BatchesOfPairs: ...

    def of_pairs(self, pairs: Pairs, draw: Sampler) -> object: ...


class StreamedBatches:
    """Batches whose pairs come from shards; a part of a step has a stream of its own, wherever it is computed.

    inner: makes batches of pairs; its own bank is a few clips, for what measures a batch's speed
    frames: number of frames that an epoch has as targets
    """

    def __init__(
        self, inner: BatchesOfPairs, folder: ShardFolder, use: Use, recipe: Recipe, processes: Processes, warn: Warn
    ) -> None:
        self.inner, self.use, self.recipe, self.device = inner, use, recipe, processes.device
        parts = recipe.accumulate * processes.count
        counts = folder.counts(use, warn)
        self.frames = sum(map(sum, counts))
        self.decoding = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
        self.streams = {
            part: PairStream(
                folder.place,
                folder.training,
                use,
                PairOrder(counts, recipe.seed, part, parts, recipe.buffer),
                self.decoding,
                warn,
            )
            for part in range(processes.rank * recipe.accumulate, (processes.rank + 1) * recipe.accumulate)
        }
        self._turn = threading.Condition()
        self._next: dict[int, int] = {}  # the step whose pairs a stream draws next

    def draw(self, rng: torch.Generator, count: int) -> object:
        """A batch of the few clips in memory."""
        return self.inner.draw(rng, count)

    def begin(self, step: int, count: int) -> None:
        """Go to the pairs of a step. count: pairs of a part"""
        for part, stream in self.streams.items():
            stream.begin(step * count)
            self._next[part] = step

    def draw_at(self, rng: torch.Generator, count: int, step: int, part: int) -> object:
        """The batch of a part of a step. Steps come in order, but may be asked for by several threads at a time."""
        random = np.random.default_rng([self.recipe.seed, step, part])
        with self._turn:
            self._turn.wait_for(lambda: self._next[part] == step)
            try:
                drawn = self.streams[part].draw(count, random, self.recipe.far)
            finally:
                self._next[part] = step + 1
                self._turn.notify_all()
        bank, pairs = _bank(drawn, self.use, self.device, Sampler(rng))
        return self.inner.on(bank).of_pairs(pairs, Sampler(rng))


def use_of(recipe: Recipe, side: int, folder: ShardFolder) -> Use:
    """How a recipe uses samples. side: of the networks' pictures in pixels"""
    labelled = recipe if isinstance(recipe, LabelledRecipe) else None
    stills = labelled is not None and labelled.stills > 0
    return Use(side, recipe.every, labelled is not None, stills, folder.index.statistics)


def _bank(drawn: list[Pair], use: Use, device: torch.device, draw: Sampler) -> tuple[Bank, Pairs]:
    """A bank of the frames of some pairs, and the pairs: sources first, a photograph once."""
    count = len(drawn)
    rows = [(pair.clip, pair.source) for pair in drawn] + [(pair.clip, pair.target) for pair in drawn]
    target = torch.arange(count, device=device)
    alone = torch.tensor([pair.clip.still for pair in drawn], device=device)
    pairs = Pairs(torch.where(alone, target + count, target), target + count, draw.uniform(count) < 0.5)
    return gathered(rows, use).to(device), pairs
