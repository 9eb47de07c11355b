"""Tiny networks, in memory and on disk."""

from __future__ import annotations

from pathlib import Path

import torch

from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import save_weights

DIMS = Dims(side=32, flow_side=16, width=4, confidence=False, fusion="mean")


def with_statistics(dims: Dims, seed: int = 0) -> X2FaceNetworks:
    """Random networks whose batch norms are those of trained ones: neither 0 nor 1 anywhere."""
    torch.manual_seed(seed)
    networks = X2FaceNetworks(dims).eval().requires_grad_(False)
    for module in networks.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in ((module.running_mean, -0.5, 0.5), (module.running_var, 0.5, 2.0)):
                assert tensor is not None
                tensor.uniform_(low, high)
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.5, 0.5)
    return networks


def save_tiny(folder: Path, name: str, recipe: str = "photometric", moving: float = 0.0, reading: bool = False) -> Path:
    """Untrained weights of that name.

    moving: standard deviation of the last kernels; 0: they copy the source
    reading: a linear reading, of a vector's first seven numbers
    """
    torch.manual_seed(0)
    networks = X2FaceNetworks(DIMS)
    for decoder in (networks.embedding.decoder, networks.driving.decoder):
        torch.nn.init.normal_(decoder.last.conv.weight, 0, moving)
    info = {"name": name, "preset": "light", "dims": DIMS.to_dict(), "parameters": {}, "recipe": {"name": recipe}}
    tensors = dict(networks.state_dict())
    if reading:
        read = {"weight": torch.eye(7, DIMS.vector), "bias": torch.zeros(7), "scale": torch.ones(7)}
        tensors |= {f"reading.{part}": value for part, value in read.items()}
    save_weights(folder / f"{name}.safetensors", tensors, info)
    return folder / f"{name}.safetensors"
