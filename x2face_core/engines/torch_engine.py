"""The engine torch: the networks themselves, and the devices that they can be on."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.errors import UsageError
from x2face_core.networks.x2face import X2FaceNetworks

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def device_of(device: str) -> torch.device:
    """The device of a name; auto is the first GPU, else the CPU. UsageError if it is not available."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device not in (there := usable_devices()):
        raise UsageError(f"device {device}: not available here; available: {', '.join(there)}.")
    return torch.device(device)


def usable_devices() -> list[str]:
    """Values of `--device` on this machine, without auto; cuda is the first GPU."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = ["cuda", *(f"cuda:{number}" for number in range(count))] if count else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]


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
