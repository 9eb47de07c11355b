"""A tiny VGG-11 as torchvision lays it out, computed by torch's own modules, and files of it in public layouts."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

WIDTH, SIDE, HIDDEN, DESCRIPTOR, PEOPLE = 4, 64, 12, 10, 5
A = (1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M")


def network(norm: bool = False) -> nn.ModuleDict:
    """features and classifier as torchvision's vgg11 or vgg11_bn."""
    torch.manual_seed(3)
    layers: list[nn.Module] = []
    channels = 3
    for step in A:
        if step == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, WIDTH * int(step), 3, padding=1)]
            layers += [nn.BatchNorm2d(WIDTH * int(step))] if norm else []
            layers += [nn.ReLU()]
            channels = WIDTH * int(step)
    flat = channels * (SIDE // 32) ** 2
    dense = [nn.Linear(flat, HIDDEN), nn.ReLU(), nn.Dropout(), nn.Linear(HIDDEN, DESCRIPTOR), nn.ReLU(), nn.Dropout()]
    whole = nn.ModuleDict(
        {"features": nn.Sequential(*layers), "classifier": nn.Sequential(*dense, nn.Linear(DESCRIPTOR, PEOPLE))}
    )
    for module in whole.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
    return whole.eval()


@torch.no_grad()
def described(vgg: nn.ModuleDict, normalised: Tensor) -> Tensor:
    """Output of the second fully connected layer."""
    return vgg["classifier"][:4](vgg["features"](normalised).flatten(1))


@torch.no_grad()
def mapped(vgg: nn.ModuleDict, normalised: Tensor, number: int) -> Tensor:
    """Output of the ReLU after convolution `number`, from 1."""
    seen, x = 0, normalised
    for module in vgg["features"]:
        x = module(x)
        seen += isinstance(module, nn.Conv2d)
        if seen == number and isinstance(module, nn.ReLU):
            return x
    raise AssertionError(number)


def convolutions(vgg: nn.ModuleDict) -> list[nn.Conv2d]:
    return [module for module in vgg["features"] if isinstance(module, nn.Conv2d)]


def linears(vgg: nn.ModuleDict) -> list[nn.Linear]:
    return [module for module in vgg["classifier"] if isinstance(module, nn.Linear)]


def write_mat(path: Path, vgg: nn.ModuleDict, mean: tuple[float, ...] = (120.0, 100.0, 90.0)) -> Path:
    """As MatConvNet saves a network: `layers` and `meta`, filters (height, width, in, out)."""
    from scipy.io import savemat

    layers: list[dict[str, Any]] = []
    for number, one in enumerate(convolutions(vgg)):
        filters = one.weight.detach().numpy().transpose(2, 3, 1, 0)
        layers.append(_layer(f"conv{number}", filters, one.bias))
        layers.append({"type": "relu", "name": f"relu{number}"})
    for number, one in enumerate(linears(vgg)):
        side = SIDE // 32 if number == 0 else 1
        filters = one.weight.detach().numpy().reshape(len(one.weight), -1, side, side).transpose(2, 3, 1, 0)
        layers.append(_layer(f"fc{number + 6}", filters, one.bias))
    cells = np.empty((1, len(layers)), object)
    cells[0, :] = layers
    average = np.tile(np.array(mean, np.float32), (4, 4, 1))
    savemat(path, {"layers": cells, "meta": {"normalization": {"averageImage": average}}})
    return path


def _layer(name: str, filters: Any, bias: Tensor) -> dict[str, Any]:
    weights = np.empty((1, 2), object)
    weights[0, 0], weights[0, 1] = filters, bias.detach().numpy()[:, None]
    return {"type": "conv", "name": name, "weights": weights, "stride": 1.0, "pad": 1.0}


class Torch7Writer:
    """Writes values as torch.save(path, value, "binary") of Torch7 does."""

    def __init__(self) -> None:
        self.data, self.count = bytearray(), 0

    def int(self, *values: int) -> None:
        self.data += struct.pack(f"<{len(values)}i", *values)

    def text(self, text: str) -> None:
        self.int(len(text))
        self.data += text.encode()

    def value(self, value: Any) -> None:
        if value is None:
            self.int(0)
        elif isinstance(value, bool):
            self.int(5, int(value))
        elif isinstance(value, (int, float)):
            self.int(1)
            self.data += struct.pack("<d", value)
        elif isinstance(value, str):
            self.int(2)
            self.text(value)
        elif isinstance(value, Tensor):
            self._tensor(value)
        elif isinstance(value, dict):
            self._table(value)
        else:
            self._module(*value)

    def _new(self, kind: int) -> None:
        self.count += 1
        self.int(kind, self.count)

    def _table(self, table: dict[Any, Any]) -> None:
        self._new(3)
        self.int(len(table))
        for key, value in table.items():
            self.value(key)
            self.value(value)

    def _module(self, name: str, fields: dict[Any, Any]) -> None:
        self._new(4)
        self.text("V 1")
        self.text(name)
        self._table(fields)

    def _tensor(self, tensor: Tensor) -> None:
        self._new(4)
        self.text("V 1")
        self.text("torch.FloatTensor")
        self.int(tensor.dim())
        self.data += struct.pack(f"<{2 * tensor.dim() + 1}q", *tensor.shape, *tensor.contiguous().stride(), 1)
        self._new(4)
        self.text("V 1")
        self.text("torch.FloatStorage")
        self.data += struct.pack("<q", tensor.numel())
        self.data += tensor.detach().contiguous().numpy().astype("<f4").tobytes()


def write_t7(path: Path, vgg: nn.ModuleDict) -> Path:
    """An nn.Sequential whose first convolution reads BGR, weights of the others flat, as SpatialConvolutionMM has."""
    modules: list[Any] = []
    for number, one in enumerate(convolutions(vgg)):
        weight = one.weight.detach().flip(1) if number == 0 else one.weight.detach().flatten(1)
        kind = "nn.SpatialConvolution" if number == 0 else "nn.SpatialConvolutionMM"
        modules += [(kind, {"weight": weight, "bias": one.bias.detach(), "kW": 3, "train": False})]
        modules += [("nn.ReLU", {"inplace": True, "val": 0, "threshold": 0})]
    for one in linears(vgg):
        modules += [("nn.Linear", {"weight": one.weight.detach(), "bias": one.bias.detach(), "gradBias": None})]
    writer = Torch7Writer()
    writer.value(
        (
            "nn.Sequential",
            {"modules": {number + 1: module for number, module in enumerate(modules)}, "_type": "torch.FloatTensor"},
        )
    )
    path.write_bytes(bytes(writer.data))
    return path
