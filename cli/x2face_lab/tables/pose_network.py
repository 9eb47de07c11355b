"""A compact network that learns the head pose from pictures, as a supervised method to compare with (paper 5.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.pixels import to_tensor
from x2face_core.training.drawing import Sampler, jitter, mirror
from x2face_core.warping import reduce
from x2face_lab.tables.pose_sets import PoseSet, batches

SIDE, BATCH, STEPS = 64, 64, 1500
_WIDTHS = (16, 32, 64, 96)
_LR = 2e-3
_SIGN = torch.tensor([-1.0, 1.0, -1.0])  # of roll, pitch, yaw in a mirror image


class PoseNetwork(nn.Module):
    """Four strided convolutions and a linear layer: 64 x 64 RGB to roll, pitch, yaw in degrees."""

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3, *_WIDTHS[:-1]), _WIDTHS, strict=True):
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Linear(_WIDTHS[-1] * (SIDE >> len(_WIDTHS)) ** 2, 3)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, 64, 64) in [0, 1] to (n, 3) degrees."""
        return self.standardised(pictures) * self.deviation + self.mean

    def standardised(self, pictures: Tensor) -> Tensor:
        angles: Tensor = self.last(self.layers(pictures * 2 - 1).flatten(1))
        return angles


def train_pose_network(
    known: PoseSet, steps: int = STEPS, progress: Callable[[int, int], None] = lambda done, total: None
) -> PoseNetwork:
    """Learn from pictures and poses, mirrored, moved and recoloured at random; the same for the same seed."""
    pictures = small(known.pictures)
    pose = torch.from_numpy(known.pose).float()
    draw = Sampler(torch.Generator().manual_seed(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = PoseNetwork(pose.mean(0), pose.std(0).clamp_min(1e-3))
    optimiser = torch.optim.AdamW(network.parameters(), _LR, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, _LR, total_steps=steps + 1)
    network.train()
    for step in range(steps):
        rows = (draw.uniform(min(BATCH, max(2, len(pose)))) * len(pose)).long().clamp_max(len(pose) - 1)
        mirrored = draw.uniform(len(rows)) < 0.5
        seen = _augmented(mirror(pictures[rows].float() / 255, mirrored), draw)
        wanted = torch.where(mirrored[:, None], pose[rows] * _SIGN, pose[rows])
        loss = F.smooth_l1_loss(network.standardised(seen), (wanted - network.mean) / network.deviation, beta=0.3)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        progress(step + 1, steps)
    return network.eval()


def small(pictures: NDArray[np.uint8]) -> Tensor:
    """(n, side, side, 3) uint8 to (n, 3, 64, 64) uint8."""
    parts = [(reduce(to_tensor(part), SIDE) * 255).round().byte() for part in batches(pictures, 256)]
    return torch.cat(parts)


def _augmented(pictures: Tensor, draw: Sampler) -> Tensor:
    n = len(pictures)
    grid = torch.zeros(n, 2, 3)
    grid[:, 0, 0] = grid[:, 1, 1] = draw.uniform(n, low=0.85, high=1.1)
    grid[:, :, 2] = draw.uniform(n, 2, low=-0.1, high=0.1)
    at = F.affine_grid(grid, list(pictures.shape), align_corners=False)
    return jitter(F.grid_sample(pictures, at, padding_mode="border", align_corners=False), 0.3, 0.25, draw)


@torch.no_grad()
def predicted(network: PoseNetwork, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, side, side, 3) uint8 to (n, 3) degrees."""
    read = [network(part.float() / 255) for part in torch.split(small(pictures), 256)]
    found: NDArray[np.float64] = torch.cat(read).double().numpy()
    return found
