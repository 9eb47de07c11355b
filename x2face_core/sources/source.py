"""The face to be driven: ModelSource, the Source that drivers get, and the interface of the model behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

import torch
from torch import Tensor

from x2face_core.driving import Chunk, EmbeddedFace, Factor, Mapping
from x2face_core.errors import MissingError, WeightsError
from x2face_core.pixels import to_tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from x2face_core.networks.dims import Dims
    from x2face_core.streaming.active import ActiveDriver

MappingsByName = Callable[[str], Mapping]
DriversByName = Callable[[str, dict[str, Any]], "ActiveDriver"]
_AT_ONCE = 4096  # vectors; copies of an hour of them would be 100 MB


class Model(Protocol):
    """Runs the two networks: X2Face, or another engine with the same interface."""

    @property
    def dims(self) -> Dims: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def reading_scale(self) -> Tensor: ...
    def embed(self, pictures: Tensor, fusion: str = "auto", *, complete: bool | None = None) -> EmbeddedFace: ...
    def encode(self, pictures: Tensor) -> Tensor: ...
    def render(self, face: EmbeddedFace, vectors: Tensor) -> Tensor: ...
    def render_pictures(self, face: EmbeddedFace, vectors: Tensor) -> NDArray[np.uint8]: ...
    def read(self, vectors: Tensor) -> Tensor: ...
    def flow(self, vectors: Tensor) -> Tensor: ...


def no_mappings(name: str) -> Mapping:
    """Raises the MissingError of a host without mappings."""
    raise MissingError(f"There is no mapping {name!r} here; `x2face drivers` lists those that can be fitted.")


def no_drivers(name: str, settings: dict[str, Any]) -> ActiveDriver:
    """Raises the MissingError of a host without drivers."""
    raise MissingError(f"There is no driver {name!r} to delegate to; `x2face drivers` lists those installed.")


def as_factor(name: str, mapping: Mapping) -> Factor:
    """The mapping as a factor. MissingError if it cannot read vectors."""
    if not isinstance(mapping, Factor):
        raise MissingError(f"The mapping {name!r} can be written but not read; a factor is needed, such as pose.")
    return mapping


class Reader(Protocol):
    """Reads pose and expression from vectors: a model or a source."""

    @property
    def reading_scale(self) -> Tensor: ...
    def read(self, vectors: Tensor) -> Tensor: ...


def pose_expression_coordinates(vectors: Tensor, reader: Reader) -> Tensor:
    """Coordinates (n, 7) of vectors (n, 128) whose distances measure differences in pose and expression.

    They are the linear readout over its standard deviation; the vectors themselves if the weights have no readout.
    """
    try:
        return reader.read(vectors).float().cpu() / reader.reading_scale.cpu()
    except WeightsError:
        return vectors.float().cpu()


def squared_distances(vectors: Tensor, own: Tensor, reader: Reader) -> Tensor:
    """(n,) of vectors (n, 128) from a face's own (128,), in pose and expression; the nearest frame counts as rest."""
    face = pose_expression_coordinates(own[None], reader)
    parts = torch.split(vectors, _AT_ONCE)
    return torch.cat([(pose_expression_coordinates(part, reader) - face).square().sum(dim=1) for part in parts])


@dataclass(frozen=True, eq=False)
class ModelSource:
    """A Source backed by a model; see driving.Source for the fields.

    load_mapping: fitted mapping by name; load_driver: loaded driver by name and settings
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
    def of(cls, model: Model, pictures: Tensor, fusion: str = "auto", *, complete: bool | None = None,
           fps: float = 25.0, seconds: float | None = None, seed: int = 0, pictures_wanted: bool = False,
           load_mapping: MappingsByName = no_mappings, load_driver: DriversByName = no_drivers) -> Self:  # fmt: skip
        """Embed the crops (k, 3, h, w) of one face, fused as in X2Face.embed, and encode the first one."""
        vector = model.encode(pictures[:1])[0].detach().float().cpu()
        return cls(
            model=model, face=model.embed(pictures, fusion, complete=complete), vector=vector, pictures=pictures,
            fps=fps, seconds=seconds, seed=seed, pictures_wanted=pictures_wanted,
            load_mapping=load_mapping, load_driver=load_driver,
        )  # fmt: skip

    def at(self, fps: float) -> Self:
        """The same source for a film of another frame rate."""
        return replace(self, fps=fps)

    def timed(self, fps: float, seconds: float | None) -> Self:
        """The same source for a film of another frame rate and length."""
        return replace(self, fps=fps, seconds=seconds)

    @property
    def space(self) -> str:
        return self.model.fingerprint

    @property
    def side(self) -> int:
        return self.model.dims.side

    @property
    def workers(self) -> int:
        """Number of batches to compute at the same time: the model's, or 1."""
        return int(getattr(self.model, "workers", 1))

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

    def measure(self, pictures: Tensor) -> Tensor:
        from x2face_core.engines.choosing import multiplies_bf16
        from x2face_core.sources.measuring import measure

        reduced = getattr(self.model, "precision", "fp32") in ("bf16", "int8") and multiplies_bf16()
        return measure(pictures, getattr(self.model, "device", None), bf16=reduced)

    def render(self, vectors: Tensor) -> Tensor:
        return self.model.render(self.face, vectors).detach().float().cpu().clamp(0, 1)

    def crop(self, pictures: Iterable[NDArray[np.uint8]]) -> Tensor:
        from x2face_core.media.boxes import crop
        from x2face_core.media.faces import find_box

        pictures = list(pictures)
        box = find_box(pictures[0], self.crop_scale)
        return to_tensor(crop(picture, box, self.side) for picture in pictures)

    def mapping(self, name: str) -> Mapping:
        return self.load_mapping(name)

    def factor(self, name: str) -> Factor:
        return as_factor(name, self.load_mapping(name))

    def drive(self, name: str, **settings: Any) -> Iterator[Chunk]:
        from x2face_core.streaming.validation import validated_chunks

        yield from validated_chunks(self.load_driver(name, settings), self)
