"""Gaussian smoothing in time of a stream of rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor


def smoothed(chunks: Iterable[Tensor], deviation: float) -> Iterator[Tensor]:
    """Smooth chunks of rows (n, k) by a Gaussian; yields as many rows in all.

    deviation: standard deviation in rows; 0: no smoothing. Beyond either end the first or last row is repeated.
    Rows are delayed by three standard deviations, rounded up.
    """
    if deviation <= 0:
        yield from chunks
        return
    reach = math.ceil(3 * deviation)
    bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation) ** 2)
    bell = bell / bell.sum()
    waiting: Tensor | None = None
    for chunk in chunks:
        if len(chunk):
            waiting = chunk[:1].expand(reach, -1) if waiting is None else waiting
            waiting = torch.cat([waiting, chunk])
            if len(waiting) > 2 * reach:
                yield _under(bell, waiting)
                waiting = waiting[len(waiting) - 2 * reach :]
    if waiting is not None:
        yield _under(bell, torch.cat([waiting, waiting[-1:].expand(reach, -1)]))


def _under(bell: Tensor, rows: Tensor) -> Tensor:
    """(n + 2 * reach, k) to (n, k)."""
    return torch.einsum("nkw,w->nk", rows.unfold(0, len(bell), 1), bell.to(rows))
