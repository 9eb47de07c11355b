"""Fits the matte network to masks that mediapipe's selfie segmentation (extra `landmarks`, Apache 2.0) gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from x2face_core.data.folder import FaceFolder
from x2face_core.data.tables import Split
from x2face_core.networks.matte import SIDE, MatteNetwork
from x2face_core.warping import reduce
from x2face_lab.likeness import pictures_of

_BATCH, _RATE = 32, 2e-3
_ZOOM, _SHIFT = 0.15, 0.12  # largest random change of scale, and shift in half widths
_READ = 256  # pixels a side that mediapipe's network reads


@dataclass(frozen=True, eq=False)
class Labelled:
    """Crops and who is in them. pictures: (n, 3, 128, 128) uint8; masks: (n, 1, 128, 128) uint8, 255: the person"""

    pictures: Tensor
    masks: Tensor


def gather(folder: FaceFolder, split: Split) -> Labelled:
    """Photographs, and frames of films, of a split. MissingError without mediapipe."""
    from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

    pictures, masks = [], []
    with SelfieSegmentation(model_selection=0) as teacher:
        for several, *_ in pictures_of(folder, split):
            for one in several:
                picture = _resized(torch.from_numpy(one).permute(2, 0, 1), _READ)
                pictures.append(_resized(picture, SIDE))
                masks.append(_resized(_mask(teacher, picture), SIDE))
    return Labelled(torch.stack(pictures), torch.stack(masks))


def _mask(teacher: Any, picture: Tensor) -> Tensor:
    """(1, h, w) uint8: the mean of the masks of a picture (3, h, w) uint8 and of its mirror image."""
    plain: NDArray[np.uint8] = picture.permute(1, 2, 0).numpy()
    masks = [teacher.process(np.ascontiguousarray(one)).segmentation_mask for one in (plain, plain[:, ::-1])]
    mean = (masks[0] + masks[1][:, ::-1]) / 2
    return torch.from_numpy((255 * mean).clip(0, 255).astype(np.uint8))[None]


def _resized(picture: Tensor, side: int) -> Tensor:
    return reduce(picture[None].float(), side)[0].round().clamp(0, 255).to(torch.uint8)


def learn(labelled: Labelled, epochs: int, seed: int = 0) -> Iterator[tuple[MatteNetwork, float]]:
    """The network after each epoch, and its mean loss in that epoch: cross-entropy, by Adam with a falling rate."""
    torch.manual_seed(seed)
    network, rng = MatteNetwork(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), _RATE)
    count = len(labelled.pictures)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=epochs * -(-count // _BATCH))
    for _ in range(epochs):
        losses = []
        for rows in torch.split(torch.randperm(count, generator=rng), _BATCH):
            pictures, masks = _varied(labelled.pictures[rows] / 255, labelled.masks[rows] / 255, rng)
            loss = F.binary_cross_entropy_with_logits(network(pictures), masks)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        yield network, sum(losses) / len(losses)


def _varied(pictures: Tensor, masks: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random mirror images, shifts, scales, gamma and brightness."""
    count = len(pictures)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=rng) * (high - low) + low

    matrix, zoom = torch.zeros(count, 2, 3), draw(1 - _ZOOM, 1 + _ZOOM)
    matrix[:, 0, 0], matrix[:, 1, 1] = zoom * torch.where(draw(0, 1) < 0.5, -1.0, 1.0), zoom
    matrix[:, :, 2] = draw(-_SHIFT, _SHIFT, 2)
    grid = F.affine_grid(matrix, list(pictures.shape), align_corners=False)
    both = F.grid_sample(torch.cat([pictures, masks], 1), grid, align_corners=False, padding_mode="border")
    lit = both[:, :3].clamp(0, 1) ** draw(0.6, 1.7, 1, 1, 1) * draw(0.7, 1.2, 3, 1, 1)
    return lit.clamp(0, 1), both[:, 3:].clamp(0, 1)


@torch.inference_mode()
def overlap(network: MatteNetwork, labelled: Labelled) -> float:
    """Mean intersection over union of the network's masks and the labels, at a threshold of one half."""
    found = torch.cat([network(part / 255) for part in torch.split(labelled.pictures, _BATCH)]) > 0
    wanted = labelled.masks > 127
    both, either = (found & wanted).sum((1, 2, 3)), (found | wanted).sum((1, 2, 3))
    return float((both / either.clamp_min(1)).mean())
