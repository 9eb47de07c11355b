"""Unit descriptors of faces by an identity network, whose cosine tells whether two faces are one person's."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.auxiliary import AuxiliaryInfo
from x2face_core.engines.torch_engine import device_of
from x2face_core.identity.weights import load_identity
from x2face_core.networks.identity import IdentityNetwork

_BATCH = 64


class IdentityEncoder:
    """An identity network ready to compare faces.

    >>> encoder = IdentityEncoder.load()
    >>> a, b = encoder.embed(pictures), encoder.embed(others)      # (n, 3, H, W) float32 in [0, 1]
    >>> cosines = (a * b).sum(1)                                   # 1: the same face; about 0: others'
    """

    def __init__(self, network: IdentityNetwork, info: AuxiliaryInfo, device: torch.device | None = None) -> None:
        self.device = device or torch.device("cpu")
        self.network, self.info = network.eval().to(self.device), info

    @classmethod
    def load(cls, weights: str | Path | None = None, *, device: str = "auto") -> IdentityEncoder:
        """Load by name or path, public formats too; None: the default. WeightsError if it is missing or broken."""
        return cls(*load_identity(weights), device_of(device))

    @torch.inference_mode()
    def embed(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, H, W) float32 in [0, 1] of 1.6 sides of the face box, to unit vectors (n, d) float32.

        A picture and its mirror image are described together.
        """
        parts = [part.to(self.device).float() for part in torch.split(pictures, _BATCH)]
        found = [unit_descriptors(self.network, part).cpu() for part in parts]
        return torch.cat(found) if found else torch.zeros(0, self.network.dims.descriptor)


def unit_descriptors(network: IdentityNetwork, pictures: Tensor) -> Tensor:
    """(n, 3, H, W) in [0, 1] to unit vectors (n, d): of the sum of a picture's descriptor and its mirror image's."""
    crops = network.cropped(pictures)
    return F.normalize(network.describe(crops) + network.describe(crops.flip(-1)), dim=1)
