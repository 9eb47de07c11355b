"""Choice of the faster number format by measurement (bf16 is ten times slower on some CPUs)."""

from __future__ import annotations

import copy
import time

import torch
from torch import nn


def fastest(objective: nn.Module, batch: object, device: torch.device) -> torch.dtype:
    """bf16 if a step takes less time than with fp32, else fp32; the objective is not changed."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    spent = {dtype: _step_seconds(copy.deepcopy(objective), batch, dtype) for dtype in (torch.float32, torch.bfloat16)}
    return torch.bfloat16 if spent[torch.bfloat16] < spent[torch.float32] else torch.float32


def _step_seconds(objective: nn.Module, batch: object, dtype: torch.dtype) -> float:
    """Seconds of the faster of two steps, after a warm-up."""
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            objective(batch, 0.0)["loss"].backward()
        spent.append(time.perf_counter() - started)
    return min(spent[1:])
