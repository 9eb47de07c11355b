"""The order in which the numbers of a network's kernels lie in memory; channels last is faster for convolutions."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

N = TypeVar("N", bound=nn.Module)


def in_memory_format(network: N, memory_format: torch.memory_format, device: torch.device | None = None) -> N:
    """Lay out the kernels of a network, (out, in, h, w) each, in place; None: it stays on its device."""
    moved: N = network.to(device, memory_format=memory_format)  # type: ignore[call-overload]  # not in torch's stubs
    return moved
