"""Sizes and conventions of a pair of networks, stored in every checkpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from x2face_core.bounds import fault_of
from x2face_core.errors import WeightsError

Padding = Literal["zeros", "border"]
Order = Literal["released", "printed"]
Fusion = Literal["aligned", "mean", "confidence", "confidence-exp"]


BOUNDS = {
    "side": (4, 2048),
    "flow_side": (4, 2048),
    "width": (1, 1024),
    "max_factor": (1, 64),
    "vector": (1, 4096),
    "driving_tanh": (1, 2),
    "crop_scale": (0.5, 10.0),
    "completion": (0, 1024),
}
"""Bounds of the sizes: beyond all trained networks, but within the memory of a machine."""


@dataclass(frozen=True)
class Dims:
    """Sizes and conventions of both networks.

    side: of the input pictures in pixels, a power of two
    flow_side: of the output flows in pixels, a power of two, at most side
    width: channels after the first convolution; doubled at each level, up to width x max_factor
    vector: size of the driving vector (128 in paper section A.2)
    confidence: the embedding network has a third output channel, the confidence (released code, SkipNet.py)
    driving_tanh: tanh applied to the driving flow, 1 as printed (Fig. 10) or 2 as released
    order: activation before convolution and norm (released code) or after the convolution (printed, A.1 and A.2)
    inner_norm: batch norm on the innermost convolution too, as the text reads; the released code has none
    padding: of pictures beyond their border: black (released code), or repeated border
    completion: width of the completion network (networks/completion.py); 0 for none
    crop_scale: side of the square crop in sides of the face box (released examples: 1.6)
    fusion: default fusion of several embedded faces, see X2Face.embed; mean as printed (section 5), confidence as in
        the released forward; files without this entry were trained by this project and use aligned
    """

    side: int = 256
    flow_side: int = 256
    width: int = 64
    max_factor: int = 8
    vector: int = 128
    confidence: bool = True
    driving_tanh: int = 2
    order: Order = "released"
    inner_norm: bool = False
    padding: Padding = "zeros"
    crop_scale: float = 1.6
    completion: int = 0
    fusion: Fusion = "aligned"

    def __post_init__(self) -> None:
        if fault := fault_of(self, BOUNDS) or self._flag_fault():
            raise WeightsError(f"Dims.{fault}")
        for name in ("side", "flow_side"):
            value = getattr(self, name)
            if value < 4 or value & (value - 1):
                raise WeightsError(f"Dims.{name} is {value}; the networks need a power of two, at least 4.")
        if self.flow_side > self.side:
            raise WeightsError(f"Dims.flow_side is {self.flow_side}, more than side, {self.side}.")
        if self.driving_tanh not in (1, 2):
            raise WeightsError(f"Dims.driving_tanh is {self.driving_tanh}; it may be 1 or 2.")
        for name, kind in (("padding", Padding), ("order", Order), ("fusion", Fusion)):
            if getattr(self, name) not in get_args(kind):
                raise WeightsError(f"Dims.{name} is {getattr(self, name)!r}; it may be {' or '.join(get_args(kind))}.")

    def _flag_fault(self) -> str | None:
        flags = {name: getattr(self, name) for name in ("confidence", "inner_norm")}
        odd = next((name for name, value in flags.items() if not isinstance(value, bool)), None)
        return odd and f"{odd} is {flags[odd]!r:.60}; it may be true or false."

    @property
    def levels(self) -> int:
        """Number of downsamplings to one pixel."""
        return self.side.bit_length() - 1

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels after each convolution of the encoder."""
        return tuple(self.width * min(2**level, self.max_factor) for level in range(self.levels))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Sizes as `to_dict` wrote them. WeightsError for unknown names or values."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise WeightsError(f"These weights name the sizes {unknown}, unknown here; a newer x2face wrote them.")
        if (values.get("padding"), values.get("fusion")) == ("border", "mean"):  # this project's, older than "aligned"
            values = {name: value for name, value in values.items() if name != "fusion"}
        try:
            return cls(**values)
        except TypeError as error:
            raise WeightsError(f"These weights describe their sizes by values of the wrong kind ({error}).") from error


PRESETS = {
    "paper": Dims(fusion="mean"),
    "light": Dims(side=128, flow_side=64, width=24, max_factor=12, confidence=False, padding="border"),
}
