"""The identity network: VGG-11, configuration A (Simonyan & Zisserman, ICLR 2015), as for the losses of paper 3.2."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.bounds import fault_of
from x2face_core.errors import WeightsError
from x2face_core.warping import reduce

Configuration = Literal["A", "B", "D", "E"]
STAGES: dict[Configuration, tuple[int, ...]] = {
    "A": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "D": (2, 2, 3, 3, 3),
    "E": (2, 2, 4, 4, 4),
}
"""Convolutions between two poolings (VGG-11, 13, 16 and 19)."""
_FACTORS = (1, 2, 4, 8, 8)
_REDUCED = 2 ** len(_FACTORS)
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of RGB in [0, 1], as torchvision normalises."""
SAME_LAYERS = ("conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv5_1")
"""Conv2-5 and Conv7 of configuration A: the content loss of one identity (paper 3.2)."""
OTHER_LAYERS = ("conv4_2", "conv5_1")
"""Conv6-7 of configuration A: the content loss across identities (paper 3.2)."""
_BOUNDS = {
    "side": (32, 1024),
    "crop": (0.1, 1.0),
    "width": (1, 256),
    "hidden": (0, 16_384),
    "descriptor": (1, 16_384),
}


@dataclass(frozen=True)
class IdentityDims:
    """Sizes of an identity network.

    side: of the square that is read for a descriptor, pixels, a multiple of 32
    crop: its side as a share of the picture's, about the middle; pictures hold 1.6 sides of a face box
    configuration: of the convolutions, see STAGES; the paper's is A
    width: channels of the first stage; the others have 2, 4, 8 and 8 times as many
    hidden, descriptor: sizes of the fully connected layers; hidden 0: there is one only
    norm: batch norm after each convolution
    """

    side: int = 224
    crop: float = 0.75
    configuration: Configuration = "A"
    width: int = 64
    hidden: int = 4096
    descriptor: int = 4096
    norm: bool = False

    def __post_init__(self) -> None:
        """WeightsError for values out of bounds."""
        if fault := fault_of(self, _BOUNDS):
            raise WeightsError(f"IdentityDims.{fault}")
        if self.side % _REDUCED:
            raise WeightsError(f"IdentityDims.side is {self.side}; a multiple of {_REDUCED} is needed.")
        if self.configuration not in get_args(Configuration):
            raise WeightsError(f"IdentityDims.configuration is {self.configuration!r:.60}; it may be A, B, D or E.")
        if not isinstance(self.norm, bool):
            raise WeightsError(f"IdentityDims.norm is {self.norm!r:.60}; it may be true or false.")

    @property
    def whole(self) -> int:
        """Side in pixels of a whole picture whose crop has `side`."""
        return round(self.side / self.crop)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        if unknown := sorted(set(values) - {field.name for field in fields(cls)}):
            raise WeightsError(
                f"This identity network names the sizes {unknown}, unknown here; a newer x2face wrote it."
            )
        return cls(**values)


IDENTITY_PRESETS = {
    "light": IdentityDims(side=96, width=16, hidden=0, descriptor=128, norm=True),
    "paper": IdentityDims(),
}


class IdentityNetwork(nn.Module):
    """3 x 3 convolutions with ReLU in five stages, each followed by 2 x 2 max pooling, and fully connected layers."""

    def __init__(self, dims: IdentityDims) -> None:
        super().__init__()
        self.dims = dims
        channels = [dims.width * factor for factor in _FACTORS]
        outs = [channels[stage] for stage, count in enumerate(STAGES[dims.configuration]) for _ in range(count)]
        self.names = [f"conv{s}_{k + 1}" for s, count in enumerate(STAGES[dims.configuration], 1) for k in range(count)]
        pairs = list(zip([3, *outs[:-1]], outs, strict=True))
        convolutions = [nn.Conv2d(a, b, 3, 1, 1, bias=not dims.norm) for a, b in pairs]
        self.convolutions = nn.ModuleList(convolutions)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) if dims.norm else nn.Identity() for b in outs)
        flat = channels[-1] * (dims.side // _REDUCED) ** 2
        self.hidden = nn.Linear(flat, dims.hidden) if dims.hidden else None
        self.descriptor = nn.Linear(dims.hidden or flat, dims.descriptor)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN))
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION))
        for convolution in convolutions:
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) in [0, 1], square crops of 1.6 face boxes, to descriptors (n, descriptor), not normalised."""
        return self.describe(self.cropped(pictures))

    def cropped(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) to the middle (n, 3, side, side) that descriptors are computed from."""
        side = round(pictures.shape[-1] * self.dims.crop)
        top, left = (pictures.shape[-2] - side) // 2, (pictures.shape[-1] - side) // 2
        return reduce(pictures[..., top : top + side, left : left + side], self.dims.side)

    def describe(self, crops: Tensor) -> Tensor:
        """(n, 3, side, side) in [0, 1] to descriptors (n, descriptor)."""
        maps = self._maps(crops, (), len(self.names))[1].flatten(1)
        described: Tensor = self.descriptor(maps if self.hidden is None else F.relu(self.hidden(maps)))
        return described

    def layers(self, pictures: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        """Maps after the ReLU of the named convolutions, of whole pictures (n, 3, H, W) in [0, 1].

        The pictures are resized so that the middle, of which descriptors are made, has its size. names: conv1_1 and so
        on; in configuration A the first to eighth are conv1_1, 2_1, 3_1, 3_2, 4_1, 4_2, 5_1, 5_2
        """
        deepest = max(self.names.index(name) for name in names)
        return self._maps(reduce(pictures, self.dims.whole), names, deepest + 1)[0]

    def _maps(self, pictures: Tensor, names: Collection[str], count: int) -> tuple[dict[str, Tensor], Tensor]:
        """The named maps, and what comes after `count` convolutions, pooled if they end a stage."""
        kept: dict[str, Tensor] = {}
        x = (pictures - self.mean[:, None, None]) / self.deviation[:, None, None]
        for number, name in enumerate(self.names[:count]):
            x = F.relu(self.norms[number](self.convolutions[number](x)))
            if name in names:
                kept[name] = x
            if self.names[number + 1 : number + 2] != [f"{name[:-1]}{int(name[-1]) + 1}"]:
                x = F.max_pool2d(x, 2)
        return kept, x
