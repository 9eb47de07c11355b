"""Harmonic interpolation inside a fixed region, by which pictures are merged in the gradient domain.

Pérez, Gangnet and Blake, Poisson image editing (2003): the merged picture has the gradients of the inserted one inside
the region and the values of the other one on its border. It is the inserted one plus a membrane: the harmonic function
that equals the difference of the two on the border. The region does not change, so the matrix is factorised once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Membrane:
    """Harmonic interpolation into a region. mask: (h, w) bool, True inside, not touching the border of the array."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        from scipy.sparse import csc_matrix, diags  # which no run without such regions needs
        from scipy.sparse.linalg import splu

        if not mask.any() or mask[[0, -1]].any() or mask[:, [0, -1]].any():
            raise ValueError("a region needs pixels, and a pixel of border around it")
        self.mask = torch.from_numpy(mask)
        self._pixels = np.flatnonzero(mask)
        width = mask.shape[1]
        neighbours = self._pixels[:, None] + np.array([-1, 1, -width, width])  # (n, 4)
        number = np.full(mask.size, -1)
        number[self._pixels] = np.arange(len(self._pixels))
        inside = number[neighbours] >= 0
        rows = np.repeat(np.arange(len(self._pixels)), 4)[inside.ravel()]
        links = csc_matrix((np.ones(len(rows)), (rows, number[neighbours][inside])), (len(self._pixels),) * 2)
        self._border = np.where(inside, -1, neighbours)
        self._factors: Any = splu((diags(np.full(len(self._pixels), 4.0)) - links).tocsc())

    def fill(self, values: Tensor) -> Tensor:
        """Values (c, h, w), with the harmonic interpolation of those on the region's border inside."""
        flat = values.detach().reshape(len(values), -1).double().numpy()
        around = np.where(self._border >= 0, flat[:, self._border], 0).sum(axis=2)  # (c, n)
        filled = values.clone().reshape(len(values), -1)
        filled[:, self._pixels] = torch.from_numpy(self._factors.solve(around.T).T).to(values.dtype)
        return filled.reshape(values.shape)
