"""Conversion between bytes (uint8) and floats in [0, 1], of pictures (channels last) and tensors (channels first)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_tensor(pictures: Tensor | NDArray[np.uint8] | Iterable[NDArray[np.uint8]]) -> Tensor:
    """uint8 (n, h, w, c), or n pictures (h, w, c) of one size, to (n, c, h, w) float32 in [0, 1]."""
    if not isinstance(pictures, Tensor):
        pictures = torch.from_numpy(pictures if isinstance(pictures, np.ndarray) else np.stack(list(pictures)))
    return from_bytes(pictures.permute(0, 3, 1, 2))


def from_bytes(levels: Tensor) -> Tensor:
    """uint8 of any shape to float32 in [0, 1] of the same shape and on the same device."""
    return levels.float() / 255


def to_bytes(values: Tensor) -> Tensor:
    """[0, 1] of any shape to uint8, rounded to the nearest; values beyond are clipped."""
    return values.detach().mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)


def to_pictures(tensor: Tensor) -> NDArray[np.uint8]:
    """(n, c, h, w) in [0, 1] to uint8 (n, h, w, c), rounded to the nearest."""
    return torch.stack(to_bytes(tensor).unbind(1), dim=-1).cpu().numpy()  # 4 times as fast as permuting
