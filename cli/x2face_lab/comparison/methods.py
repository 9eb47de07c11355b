"""The methods that are compared: each makes the frames of a take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from x2face_baselines.cyclegan import CycleGAN
from x2face_baselines.landmark_warp import LandmarkWarp
from x2face_core.errors import MissingError
from x2face_core.model import X2Face
from x2face_core.rendering.poisson import Poisson
from x2face_core.sources.source import MappingsByName, ModelSource, no_mappings
from x2face_lab.comparison.takes import Take
from x2face_plugins.mappings.measured import MeasuringEncoder
from x2face_plugins.mappings.transferring import Transfer

_BATCH = 16


class Method(Protocol):
    """Makes the frames (n, 3, h, w) in [0, 1] of a take. label: in tables and figures"""

    @property
    def label(self) -> str: ...
    def frames(self, take: Take) -> Tensor: ...


@dataclass(frozen=True)
class Ours:
    """x2face: relative to the frame at rest as `run` does, or absolute as in the paper.

    load_mapping: as of ModelSource
    poisson: take hidden regions from the driving frames (X2Face + p.-p.)
    """

    model: X2Face
    load_mapping: MappingsByName = no_mappings
    absolute: bool = False
    poisson: bool = False

    @property
    def label(self) -> str:
        return "x2face" + (", absolute" if self.absolute else "") + (" + p.-p." if self.poisson else "")

    @torch.inference_mode()
    def frames(self, take: Take) -> Tensor:
        seen = ModelSource.of(self.model, take.source[None], load_mapping=self.load_mapping)
        moved = take.vectors if self.absolute else transferred(take, seen)
        if not self.poisson:
            return torch.cat([self.model.render(seen.face, part) for part in torch.split(moved, _BATCH)])
        finishing = Poisson(self.model, seen.face, seen.vector)
        faces = [finishing.on(seen.face, picture) for picture in take.driving]
        return torch.cat([self.model.render(face, row[None]) for face, row in zip(faces, moved, strict=True)])


def transferred(take: Take, subject: ModelSource) -> Tensor:
    """Driving vectors (n, 128) of a subject, as `run --frame` makes them of the take's driving frames."""
    encoder = MeasuringEncoder.of(subject)
    vectors = torch.cat([encoder.encode(part) for part in torch.split(take.driving, _BATCH)])
    vectors = encoder.steadied(vectors, take.fps)
    motion = Transfer.of(subject, vectors[take.rest], measured=True).calibrated(subject, vectors)
    return subject.vector + motion(vectors)


@dataclass(frozen=True)
class Copying:
    """The source picture itself, which any method should be better than."""

    label: str = "copying the source"

    def frames(self, take: Take) -> Tensor:
        return take.source.expand(len(take.driving), -1, -1, -1)


@dataclass(frozen=True)
class Warped:
    """The warp by landmarks, from the same frame at rest. hidden: with the mouth's inside of the driving frames"""

    hidden: bool = False

    @property
    def label(self) -> str:
        return "landmark warp" + (" + hidden regions" if self.hidden else "")

    def frames(self, take: Take) -> Tensor:
        if take.marks is None or take.source_marks is None:
            raise MissingError("the landmark warp has no landmarks here; pip install 'x2face[landmarks]'.")
        warp = LandmarkWarp(take.source, take.source_marks, hidden=self.hidden)
        return warp.frames(take.driving, take.marks, take.marks[take.rest])


@dataclass(frozen=True)
class Translated:
    """CycleGAN, by models of source and driver. Of the same person: to somebody else and back, which is its cycle."""

    models: Mapping[tuple[str, str], CycleGAN]
    label: str = "CycleGAN"

    def frames(self, take: Take) -> Tensor:
        source, driver = take.persons
        for (a, b), model in self.models.items():
            translate: dict[tuple[str, str], Callable[[Tensor], Tensor]] = {
                (b, a): model.a_to_b, (a, b): model.b_to_a, (a, a): model.cycle, (b, b): model.cycle_of_b,
            }  # fmt: skip
            if (source, driver) in translate:
                return translate[source, driver](take.driving)
        raise MissingError(f"no CycleGAN of {driver} and {source} was trained.")
