"""Prefetching of batches in background threads while a GPU computes."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from x2face_core.training.drawing import generator

_THREADS = 2
_AHEAD = 3  # batches drawn in advance


class Batches(Protocol):
    """Draws random batches of `count` pairs."""

    def draw(self, rng: torch.Generator, count: int) -> object: ...


@runtime_checkable
class OrderedBatches(Protocol):
    """Batches that are read in an order of their own, and not drawn at random (training.streaming.StreamedBatches)."""

    def begin(self, step: int, count: int) -> None: ...

    def draw_at(self, rng: torch.Generator, count: int, step: int, part: int) -> object: ...


class Prefetcher:
    """Draws the batches of a training run in order; on a GPU ahead of time, in threads with their own CUDA streams.

    A step has several micro-batches (parts), over all processes. Their contents depend only on seed, step and part.
    """

    def __init__(self, batches: Batches, seed: int, device: torch.device, first: int, parts: int, count: int) -> None:
        """first, parts: index of this process's first micro-batch of a step, and their number; count: pairs in each"""
        self.batches, self.seed, self.device = batches, seed, device
        self.first, self.parts, self.count = first, parts, count
        self._threads = ThreadPoolExecutor(_THREADS) if device.type == "cuda" else None
        self._local = threading.local()
        self._pending: dict[int, Future[tuple[object, Any]]] = {}
        self._begun = not isinstance(batches, OrderedBatches)

    def batch(self, step: int, part: int) -> object:
        """One micro-batch of a step. part: index in this process, from 0"""
        if not self._begun and isinstance(self.batches, OrderedBatches):
            self.batches.begin(step, self.count)
            self._begun = True
        if self._threads is None:
            return self._draw(step, part)
        number = step * self.parts + part
        for ahead in range(number, number + 1 + _AHEAD):
            if ahead not in self._pending:
                self._pending[ahead] = self._threads.submit(self._draw_in_stream, *divmod(ahead, self.parts))
        batch, done = self._pending.pop(number).result()
        current = torch.cuda.current_stream(self.device)
        current.wait_event(done)
        for tensor in _tensors(batch):
            tensor.record_stream(current)  # keeps the allocator from reusing its memory before this stream has read it
        return batch

    def _draw(self, step: int, part: int) -> object:
        rng = generator(self.seed, step, self.first + part, self.device)
        if isinstance(self.batches, OrderedBatches):
            return self.batches.draw_at(rng, self.count, step, self.first + part)
        return self.batches.draw(rng, self.count)

    def _draw_in_stream(self, step: int, part: int) -> tuple[object, Any]:
        if not hasattr(self._local, "stream"):
            self._local.stream = torch.cuda.Stream(self.device)
        with torch.cuda.stream(self._local.stream):
            batch = self._draw(step, part)
            return batch, self._local.stream.record_event()


def _tensors(batch: object) -> list[Tensor]:
    values = (getattr(batch, field.name) for field in (fields(batch) if is_dataclass(batch) else ()))
    return [value for value in values if isinstance(value, Tensor)]
