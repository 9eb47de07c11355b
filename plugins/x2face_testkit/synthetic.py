"""Mappings for the untrained test networks: fitted ones if available, else fitted to synthetic data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zlib import crc32

import torch

from x2face_core import driving
from x2face_core.errors import MissingError, WeightsError, X2FaceError
from x2face_core.foreign import call_foreign
from x2face_core.weights import find_weights, read_info
from x2face_plugins.mappings.loading import empty_mapping, mapping_loader
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.specs import MappingSpec
from x2face_testkit.networks import TinyFilm

if TYPE_CHECKING:
    from torch import Tensor

VECTOR = 128


def mappings_of(registry: Registry) -> Callable[[str], driving.Mapping | driving.Factor]:
    """A function from a name to the mapping fitted for the default weights, else to one fitted to synthetic data."""

    @cache
    def load(name: str) -> driving.Mapping | driving.Factor:
        try:
            return mapping_loader(registry, read_info(find_weights()).fingerprint)(name)
        except (MissingError, WeightsError):
            if not registry.has_mapping(name):
                raise
            return made_up(registry.mapping(name))

    return load


@lru_cache(32)  # fitting may take seconds
def made_up(offer: Offer[MappingSpec]) -> driving.Mapping | driving.Factor:
    """The plugin's mapping, fitted to `pairs_of`; if that fails, a linear mapping with the same labels."""

    def fit() -> driving.Mapping | driving.Factor:
        mapping = empty_mapping(offer)
        with TemporaryDirectory(prefix="x2face-") as folder:
            mapping.fit(pairs_of(offer.spec, mapping, Path(folder)))
        mapping.write(torch.zeros(1, len(offer.spec.labels)))
        return mapping

    try:
        return call_foreign(offer.owner, fit)
    except X2FaceError:  # its own checks report the error
        return Linear(offer.spec)


def pairs_of(spec: MappingSpec, mapping: driving.Mapping, folder: Path) -> list[tuple[Tensor, Tensor]]:
    """The examples of a mapping from its demo; without a demo, synthetic ones."""
    if spec.demo is None:
        return made_up_pairs(spec)
    spec.demo(folder)
    return list(mapping.examples(folder, TinyFilm()))


def made_up_pairs(spec: MappingSpec) -> list[tuple[Tensor, Tensor]]:
    """Four pairs of random values (n, k) in [0, 1] and vectors (n, 128) from a linear map."""
    k, rng = len(spec.labels), torch.Generator().manual_seed(crc32(spec.name.encode()))
    values = torch.rand(4, 4 + k // 2, k, generator=rng)
    return [(x, Linear(spec).write(x)) for x in values]


class Linear:
    """A linear factor with one orthonormal direction for each label."""

    def __init__(self, spec: MappingSpec) -> None:
        self.labels, self.units = spec.labels, spec.units
        rng = torch.Generator().manual_seed(crc32(f"{spec.name} {spec.labels}".encode()))
        self.matrix: Tensor = torch.linalg.qr(torch.randn(VECTOR, min(VECTOR, len(spec.labels)), generator=rng))[0].T
        if len(spec.labels) > VECTOR:  # more numbers than a vector has: it can be written, but not read
            self.matrix = torch.randn(len(spec.labels), VECTOR, generator=rng) / VECTOR

    def write(self, values: Tensor) -> Tensor:
        return torch.matmul(torch.as_tensor(values).float(), self.matrix)

    def read(self, vectors: Tensor) -> Tensor:
        return torch.matmul(torch.as_tensor(vectors).float(), torch.linalg.pinv(self.matrix))

    def examples(self, folder: Any, film: Any) -> list[tuple[Tensor, Tensor]]:
        return []

    def fit(self, examples: Any) -> dict[str, Any]:
        return {}

    def state_dict(self) -> dict[str, Tensor]:
        return {"matrix": self.matrix}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        self.matrix = state["matrix"]
