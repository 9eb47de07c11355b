"""Random sampling for training. Draws depend on seed, step and part only, so that a resumed run is reproducible."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.training.recipes import LabelledRecipe, Recipe


def generator(seed: int, step: int, part: int, device: torch.device) -> torch.Generator:
    """The random generator of one part of one step."""
    mixed = (seed * 1_000_003 + step) * 1_009 + part
    return torch.Generator(device).manual_seed(mixed % (1 << 63))


class Sampler:
    """Draws uniform numbers from a generator, on its device."""

    def __init__(self, rng: torch.Generator) -> None:
        self.rng = rng

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        numbers = torch.rand(*shape, generator=self.rng, device=self.rng.device)
        return numbers * (high - low) + low


@dataclass(frozen=True)
class Pairs:
    """Rows of a bank: source and target from the same clip, and which pairs are mirrored; a photograph is both."""

    source: Tensor
    target: Tensor
    mirrored: Tensor


def draw_pairs(bank: Bank, recipe: Recipe, count: int, draw: Sampler) -> Pairs:
    """Draw targets by the bank's weights, and sources uniformly from the other frames of the target's clip."""
    drawn = torch.searchsorted(bank.weight.cumsum(0), draw.uniform(count).double())
    target = drawn.clamp_max(len(bank) - 1)
    source = _others(bank, target, draw)
    for _ in range(recipe.far - 1):
        if bank.pose is None:
            break
        rival = _others(bank, target, draw)
        distance = [(bank.pose[rows] - bank.pose[target]).abs().sum(1) for rows in (source, rival)]
        source = torch.where(distance[1] > distance[0], rival, source)
    return Pairs(source, target, draw.uniform(count) < 0.5)


def _others(bank: Bank, target: Tensor, draw: Sampler) -> Tensor:
    first, count = bank.first[target], bank.count[target]
    ahead = 1 + (draw.uniform(len(target)) * (count - 1)).long().clamp_max(count - 2)
    return first + (target - first + ahead) % count


def mirror(pictures: Tensor, mirrored: Tensor) -> Tensor:
    """Pictures (n, 3, h, w), flipped left to right where `mirrored` (n,) is true."""
    return torch.where(mirrored[:, None, None, None], pictures.flip(-1), pictures)


def recolour(pictures: Tensor, gamma: Tensor, gain: Tensor) -> Tensor:
    """Pictures (n, 3, h, w) in [0, 1] to the power of gamma (n, 1), times gain (n, 3), clamped to [0, 1]."""
    return (pictures.clamp_min(1e-4) ** gamma[:, :, None, None] * gain[:, :, None, None]).clamp_(0, 1)


def jitter(pictures: Tensor, gamma: float, gain: float, draw: Sampler) -> Tensor:
    """Pictures (n, 3, h, w) in [0, 1], recoloured by random gammas (log within ± gamma) and gains (1 ± gain)."""
    n = len(pictures)
    powers = torch.exp(draw.uniform(n, 1, low=-gamma, high=gamma))
    return recolour(pictures, powers, draw.uniform(n, 3, low=1 - gain, high=1 + gain))


def random_turns(recipe: LabelledRecipe, count: int, draw: Sampler) -> tuple[Tensor, Tensor, Tensor]:
    """Draw roll, pitch, yaw in radians (count, 3), scales (count,) and shifts in normalised coordinates (count, 2)."""
    reach = torch.tensor([recipe.roll, recipe.pitch, recipe.yaw], device=draw.rng.device).deg2rad()
    turns = draw.uniform(count, 3, low=-1, high=1) * reach
    scales = draw.uniform(count, low=1 - recipe.growth, high=1 + recipe.growth)
    return turns, scales, draw.uniform(count, 2, low=-recipe.shift, high=recipe.shift)
