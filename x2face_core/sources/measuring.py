"""Measuring pose, mouth, lids and gaze in pictures of a driving face, by the packaged network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from x2face_core.networks.measuring import MEASURES, MeasuringNetwork
from x2face_core.networks.memory_format import in_memory_format

WEIGHTS = Path(__file__).parents[1] / "assets" / "measuring" / "measuring-2.safetensors"


@cache
def measuring_network(device: torch.device) -> MeasuringNetwork:
    """The packaged network, for inference (benchmarks/measuring.py trains it)."""
    network = MeasuringNetwork()
    network.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()}, strict=False)
    network = network.fold().requires_grad_(False)
    in_memory_format(network, torch.channels_last, device)
    return network


@torch.inference_mode()
def measure(pictures: Tensor, device: torch.device | None = None, *, bf16: bool = False) -> Tensor:
    """Crops of faces (n, 3, h, w) in [0, 1] to MEASURES (n, 9): pose in degrees, mouth, lids and gaze (docs/data.md).

    They are as a face mesh measures them, without one: people whom it was not trained with are measured less exactly.
    bf16: multiply in it, which changes angles by less than half a degree
    """
    if not len(pictures):
        return torch.zeros(0, len(MEASURES))
    device = device or torch.device("cpu")
    there = pictures.to(device).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        found: Tensor = measuring_network(device)(there)
    return found.float().cpu()
