"""Batches drawn ahead: the same ones, in the order in which they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from x2face_core.training.drawing import generator
from x2face_core.training.prefetching import Prefetcher


@dataclass(frozen=True)
class Numbers:
    drawn: torch.Tensor


class Drawing:
    def draw(self, random: torch.Generator, count: int) -> Numbers:
        return Numbers(torch.rand(count, generator=random, device=random.device))


def batches(device: torch.device, first: int) -> list[torch.Tensor]:
    """Two steps of three parts each, of a process whose first part has that number."""
    prefetcher = Prefetcher(Drawing(), 7, device, first, 3, 5)
    found = [prefetcher.batch(step, part) for step in range(2) for part in range(3)]
    return [batch.drawn for batch in found if isinstance(batch, Numbers)]


@pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]
)
def test_each_part_of_each_step_has_numbers_of_its_own(device: str) -> None:
    place = torch.device(device)
    expected = [
        torch.rand(5, generator=generator(7, step, 6 + part, place), device=place)
        for step in range(2)
        for part in range(3)
    ]
    found = batches(place, 6)
    assert len(found) == 6
    assert len({tuple(numbers.tolist()) for numbers in found}) == 6
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
