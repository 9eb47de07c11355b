"""Ridge regression from driving vectors."""

from __future__ import annotations

import torch
from torch import Tensor


def ridge(x: Tensor, y: Tensor, strength: float = 1e-3) -> tuple[Tensor, Tensor]:
    """Weight (m, k) and bias (m,), float32, so that y (n, m) is about x (n, k) @ weight.T + bias.

    strength: of the penalty on the weight, relative to the mean variance of x
    """
    x, y = x.double(), y.double()
    mean_x, mean_y = x.mean(0), y.mean(0)
    x = x - mean_x
    gram = x.T @ x
    gram += strength * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    weight = torch.linalg.solve(gram, x.T @ (y - mean_y)).T
    return weight.float(), (mean_y - weight @ mean_x).float()
