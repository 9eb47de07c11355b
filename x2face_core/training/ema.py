"""Exponential moving average (EMA) of the weights, which is evaluated and shipped."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

N = TypeVar("N", bound=nn.Module)


class EMA(Generic[N]):
    """EMA of weights and batch norm statistics, with a decay that warms up, so that early steps have little weight."""

    def __init__(self, networks: N, decay: float) -> None:
        self.decay = decay
        self.networks = copy.deepcopy(networks).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, networks: N, step: int) -> None:
        """Average in the networks as they are after a step (from 0); counters stay as they were."""
        decay = min(self.decay, (1 + step) / (10 + step))
        ours, theirs = self.networks.state_dict(), networks.state_dict()
        floats = [name for name, value in ours.items() if value.is_floating_point()]
        if decay <= 0:
            torch._foreach_copy_([ours[n] for n in floats], [theirs[n] for n in floats])
        else:
            torch._foreach_lerp_([ours[n] for n in floats], [theirs[n] for n in floats], 1 - decay)
