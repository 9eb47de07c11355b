"""Weights of tiny networks on disk, for tests of what loads several of them."""

from __future__ import annotations

from pathlib import Path

import torch

from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import save_weights

DIMS = Dims(side=32, flow_side=16, width=4, confidence=False, fusion="mean")


def save_tiny(folder: Path, name: str, recipe: str = "photometric", moving: float = 0.0) -> Path:
    """Untrained weights of that name. moving: standard deviation of the last kernels; 0: they copy the source"""
    torch.manual_seed(0)
    networks = X2FaceNetworks(DIMS)
    for decoder in (networks.embedding.decoder, networks.driving.decoder):
        torch.nn.init.normal_(decoder.last.conv.weight, 0, moving)
    info = {"name": name, "preset": "light", "dims": DIMS.to_dict(), "parameters": {}, "recipe": {"name": recipe}}
    save_weights(folder / f"{name}.safetensors", networks.state_dict(), info)
    return folder / f"{name}.safetensors"
