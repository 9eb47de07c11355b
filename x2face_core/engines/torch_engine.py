"""The engine torch: the networks themselves."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.networks.x2face import X2FaceNetworks

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TorchEngine:
    """Networks on any device of torch, with autocast to lower precisions."""

    name = "torch"

    def __init__(self, networks: X2FaceNetworks, precision: str = "fp32", device: torch.device | None = None) -> None:
        self.networks, self.precision = networks, precision
        self._device = device or torch.device("cpu")

    @property
    def device(self) -> str:
        return str(self._device)

    def embed(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        with self._autocast():
            flow, confidence = self.networks.embedding(pictures)
        return flow.float(), confidence.float()

    def encode(self, pictures: Tensor) -> Tensor:
        with self._autocast():
            return self.networks.driving.encode(pictures).float()

    def decode(self, vectors: Tensor) -> Tensor:
        with self._autocast():
            return self.networks.driving.decode(vectors).float()

    def _autocast(self) -> torch.autocast:
        dtype = DTYPES[self.precision]
        return torch.autocast(self._device.type, dtype, enabled=dtype != torch.float32)
