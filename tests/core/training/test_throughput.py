"""Throughput: FLOPs counted by hand, and a peak that other programs do not lower."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor, nn

from x2face_core.training import throughput
from x2face_core.training.checkpoint import RunState
from x2face_core.training.processes import Processes
from x2face_core.training.throughput import Throughput, peak_of, throughput_of

CPU = torch.device("cpu")


class Linear(nn.Module):
    """A matrix of 16 x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 16, bias=False)

    def forward(self, batch: Tensor, progress: float) -> dict[str, Tensor]:
        return {"loss": self.layer(batch).sum()}


class Ones:
    def draw(self, rng: torch.Generator, count: int) -> object:
        return torch.ones(count, 8)


def test_flops_are_those_of_forward_and_backward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """2 x 8 x 16 forward, and twice as many backward; the devices of two processes reach twice as much."""
    monkeypatch.setattr(throughput, "peak_of", lambda device, dtype: 1e6)
    alone = throughput_of(Linear(), Ones(), torch.float32, 0, Processes(0, 1, CPU))
    assert alone == Throughput(flops=3 * 2 * 8 * 16, peak=1e6)
    figures = alone.figures(RunState(samples=100, seconds=50.0))
    assert figures == {"samples_per_second": 2.0, "mfu": pytest.approx(2 * 768 / 1e6)}


def test_the_peak_is_that_of_the_fastest_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program takes three quarters of the processor, but for one trial."""
    slow = iter([4.0] * 7 + [4.0, 1.0, 4.0, 4.0])  # of the warm-up and trials of 2, 4, 8 and so on; then of the others

    def products(one: Tensor, count: int) -> float:
        return count * 1e-4 * next(slow)

    monkeypatch.setattr(throughput, "_products", products)
    assert peak_of(CPU, torch.float32) == pytest.approx(2 * 768**3 / 1e-4)
    assert next(slow, None) is None


class Interrupted:
    """A product takes no time, and the processor does something else for 20 ms."""

    device = CPU

    def __matmul__(self, other: object) -> Interrupted:
        time.sleep(0.02)
        return self

    def __getitem__(self, at: object) -> float:
        return 0.0


def test_time_that_others_have_the_processor_is_not_counted() -> None:
    assert throughput._products(Interrupted(), 5) < 0.05


def test_a_real_peak_is_reached_by_a_product() -> None:
    assert 1e8 < peak_of(CPU, torch.float32) < 1e14
