"""The face to be driven, as drivers see it, and the networks as this side sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from x2face_core.driving import Chunk, EmbeddedFace, Factor, Mapping
from x2face_core.errors import MissingError, WeightsError

if TYPE_CHECKING:
    from x2face_core.networks.dims import Dims
    from x2face_core.streaming.composing import Part

MappingsByName = Callable[[str], "Mapping | Factor"]
DriversByName = Callable[[str, dict[str, Any]], "Part"]


class Model(Protocol):
    """What runs the two networks: X2Face, or an engine that answers the same."""

    @property
    def dims(self) -> Dims: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def reading_scale(self) -> Tensor: ...
    def embed(self, pictures: Tensor, fusion: str = "auto") -> EmbeddedFace: ...
    def encode(self, pictures: Tensor) -> Tensor: ...
    def render(self, face: EmbeddedFace, vectors: Tensor) -> Tensor: ...
    def read(self, vectors: Tensor) -> Tensor: ...


def no_mappings(name: str) -> Mapping:
    raise MissingError(f"There is no mapping {name!r} here; `x2face drivers` lists those that can be fitted.")


def no_drivers(name: str, settings: dict[str, Any]) -> Part:
    raise MissingError(f"There is no driver {name!r} to delegate to; `x2face drivers` lists those installed.")


def to_tensor(pictures: Iterable[Any]) -> Tensor:
    """uint8 (h, w, 3) pictures of one size to (n, 3, h, w) float32 in [0, 1]."""
    stacked = torch.from_numpy(np.stack(list(pictures)))
    return stacked.permute(0, 3, 1, 2).float() / 255


def to_pictures(tensor: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(n, 3, h, w) in [0, 1] to uint8 (n, h, w, 3), rounded to the nearest."""
    scaled = tensor.detach().mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()


class Reader(Protocol):
    """A model or a source: whatever reads vectors."""

    @property
    def reading_scale(self) -> Tensor: ...
    def read(self, vectors: Tensor) -> Tensor: ...


def places(vectors: Tensor, reader: Reader) -> Tensor:
    """Vectors (n, 128) as points whose distances tell how pose and expression differ.

    (n, 7), what the weights read over how much it strays; the vectors themselves where weights carry no reading
    """
    try:
        return reader.read(vectors).float().cpu() / reader.reading_scale.cpu()
    except WeightsError:
        return vectors.float().cpu()


@dataclass(frozen=True, eq=False)
class ModelSource:
    """A Source that a model answers for; see driving.Source for what each field is.

    load_mapping: name to fitted mapping; load_driver: name and settings to a loaded Part
    """

    model: Model
    face: EmbeddedFace
    vector: Tensor
    pictures: Tensor
    fps: float = 25.0
    seconds: float | None = None
    seed: int = 0
    pictures_wanted: bool = False
    load_mapping: MappingsByName = no_mappings
    load_driver: DriversByName = no_drivers

    @classmethod
    def of(cls, model: Model, pictures: Tensor, fusion: str = "auto", **more: Any) -> ModelSource:
        """Embed the crops (k, 3, h, w) of one face, fused as X2Face.embed says, and read the first one's vector."""
        vector = model.encode(pictures[:1])[0].detach().float().cpu()
        return cls(model, model.embed(pictures, fusion), vector, pictures, **more)

    def at(self, fps: float) -> ModelSource:
        """The same for a film of another rate."""
        return replace(self, fps=fps)

    @property
    def space(self) -> str:
        return self.model.fingerprint

    @property
    def side(self) -> int:
        return self.model.dims.side

    @property
    def crop_scale(self) -> float:
        return self.model.dims.crop_scale

    @property
    def reading_scale(self) -> Tensor:
        return self.model.reading_scale

    def encode(self, pictures: Tensor) -> Tensor:
        return self.model.encode(pictures).detach().float().cpu()

    def read(self, vectors: Tensor) -> Tensor:
        return self.model.read(vectors).detach().float().cpu()

    def crop(self, pictures: Iterable[Any]) -> Tensor:
        from x2face_core.media.boxes import crop
        from x2face_core.media.faces import find_box

        pictures = list(pictures)
        box = find_box(pictures[0], self.crop_scale)
        return to_tensor(crop(picture, box, self.side) for picture in pictures)

    def mapping(self, name: str) -> Mapping | Factor:
        return self.load_mapping(name)

    def drive(self, name: str, **settings: Any) -> Iterator[Chunk]:
        from x2face_core.streaming.composing import heard

        yield from heard(self.load_driver(name, settings), self)
