"""Throughput of a run: samples a second, and the share of the device's peak that they take (MFU)."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from x2face_core.training.checkpoint import RunState
from x2face_core.training.drawing import generator
from x2face_core.training.prefetching import Batches
from x2face_core.training.processes import Processes

_COUNTED = 2  # samples of the batch whose FLOPs are counted
_PASSES = 3  # FLOPs of forward and backward pass, in those of the forward pass
_SIDE = {"cpu": 768, "cuda": 8192}  # of the matrices that are multiplied
_SECONDS, _TRIES = 0.02, 5  # of each trial, of which the fastest counts: other programs may be at work


@dataclass(frozen=True)
class Throughput:
    """flops: of forward and backward pass for a sample; peak: FLOP/s that all processes' devices reach together"""

    flops: float
    peak: float

    def figures(self, state: RunState) -> Mapping[str, float]:
        """Samples a second since the beginning of the run, and the model FLOPs utilisation, from 0 to 1."""
        rate = state.samples / max(state.seconds, 1e-9)
        return {"samples_per_second": rate, "mfu": rate * self.flops / self.peak}


def throughput_of(
    objective: nn.Module, batches: Batches, dtype: torch.dtype, seed: int, processes: Processes
) -> Throughput:
    """Count the FLOPs of a sample, and measure the peak by large matrix products in the run's number format."""
    batch = batches.draw(generator(seed, 0, 0, processes.device), _COUNTED)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        copy.deepcopy(objective)(batch, 0.0)  # a copy, for batch norm counts what it sees
    peak = processes.broadcast(peak_of(processes.device, dtype)) * processes.count
    return Throughput(_PASSES * counter.get_total_flops() / _COUNTED, peak)


def peak_of(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of large matrix products on a device."""
    side = _SIDE[device.type]
    one = torch.ones(side, side, device=device, dtype=dtype)
    _products(one, 1)
    count, spent = 1, 0.0
    while spent < _SECONDS:
        count *= 2
        spent = _products(one, count)
    return 2 * side**3 * count / min(spent, *(_products(one, count) for _ in range(_TRIES - 1)))


def _products(one: Tensor, count: int) -> float:
    """Seconds that some products take; on a CPU those in which it is at work for this process."""
    clock = _worked if one.device.type == "cpu" else time.perf_counter
    started = clock()
    for _ in range(count):
        last = one @ one
    float(last[0, 0])  # waits for a GPU
    return clock() - started


def _worked() -> float:
    """Seconds of processor time of this process, for each of its threads."""
    return time.process_time() / torch.get_num_threads()
