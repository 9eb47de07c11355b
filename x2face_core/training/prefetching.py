"""Prefetching of batches in background threads while a GPU computes."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from typing import Any, Protocol

import torch
from torch import Tensor

from x2face_core.training.drawing import generator

_THREADS = 2
_AHEAD = 3  # number of parts of steps that are drawn in advance


class Batches(Protocol):
    def draw(self, rng: torch.Generator, count: int) -> object: ...


class Prefetcher:
    """Draws the batches of a run in order; on a GPU in advance, in threads with their own CUDA streams.

    Batches depend on seed, step and part only, so that they are the same either way.
    """

    def __init__(self, batches: Batches, seed: int, device: torch.device, first: int, parts: int, count: int) -> None:
        """first: index of this process's first part of a step; parts: number of its parts; count: pairs in a part"""
        self.batches, self.seed, self.device = batches, seed, device
        self.first, self.parts, self.count = first, parts, count
        self._threads = ThreadPoolExecutor(_THREADS) if device.type == "cuda" else None
        self._own = threading.local()
        self._waiting: dict[int, Future[tuple[object, Any]]] = {}

    def batch(self, step: int, part: int) -> object:
        """The batch of a part of a step; part: index in this process, from 0"""
        if self._threads is None:
            return self._draw(step, part)
        number = step * self.parts + part
        for ahead in range(number, number + 1 + _AHEAD):
            if ahead not in self._waiting:
                self._waiting[ahead] = self._threads.submit(self._drawn_aside, *divmod(ahead, self.parts))
        batch, done = self._waiting.pop(number).result()
        current = torch.cuda.current_stream(self.device)
        current.wait_event(done)
        for tensor in _tensors(batch):
            tensor.record_stream(current)  # keeps the allocator from reusing its memory before this stream has read it
        return batch

    def _draw(self, step: int, part: int) -> object:
        return self.batches.draw(generator(self.seed, step, self.first + part, self.device), self.count)

    def _drawn_aside(self, step: int, part: int) -> tuple[object, Any]:
        if not hasattr(self._own, "stream"):
            self._own.stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(self._own.stream):
            batch = self._draw(step, part)
            return batch, self._own.stream.record_event()


def _tensors(batch: object) -> list[Tensor]:
    values = (getattr(batch, field.name) for field in fields(batch))  # type: ignore[arg-type]
    return [value for value in values if isinstance(value, Tensor)]
