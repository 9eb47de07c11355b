"""Tiny untrained networks, pictures and films for tests, made in milliseconds without weights."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import torch

from x2face_core.errors import InputError
from x2face_core.geometry.anchors import ANCHORS
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import WeightsInfo

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 32
FPS = 25.0
ROWS = 50  # of every film of TinyFilm


@cache
def tiny_model() -> X2Face:
    """Untrained networks of 32 pixels a side, whose linear readout gives the first seven numbers of a vector."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        dims = Dims(side=SIDE, flow_side=SIDE // 2, width=4, padding="border")
        networks = X2FaceNetworks(dims)
    info = WeightsInfo("tiny", "light", dims.to_dict(), "0" * 16, "0" * 64, {})
    model = X2Face(networks, info, reading=(torch.eye(7, dims.vector), torch.zeros(7), torch.ones(7)))
    model.anchors = _anchors()
    return model


def tiny_pictures() -> Tensor:
    """(1, 3, 32, 32): a drawn face, bright on dark, with two eyes and a mouth."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIDE), torch.linspace(-1, 1, SIDE), indexing="ij")
    face = ((x / 0.7) ** 2 + (y / 0.9) ** 2 < 1).float()
    marks = ((x.abs() - 0.3) ** 2 + (y + 0.25) ** 2 < 0.02) | ((x / 0.3) ** 2 + ((y - 0.45) / 0.1) ** 2 < 1)
    grey = 0.2 + 0.6 * face - 0.5 * marks.float()
    return torch.stack([grey, 0.8 * grey, 0.7 * grey]).clamp(0, 1)[None]


def _anchors() -> dict[str, tuple[float, float]]:
    """Anchors with the usual names, on a ring around the middle of the embedded face."""
    angles = torch.linspace(0, 2 * torch.pi, len(ANCHORS) + 1)[:-1]
    return {name: (0.5 * float(a.cos()), 0.5 * float(a.sin())) for name, a in zip(ANCHORS, angles, strict=True)}


class TinyFilm:
    """A FilmEncoder for tests: any file, even an empty one, is a film of synthetic vectors."""

    side = SIDE

    @property
    def reading_scale(self) -> Tensor:
        return tiny_model().reading_scale

    def __call__(self, path: Path) -> tuple[Tensor, float]:
        """(50, 128) vectors at 25 a second, determined by the file name. InputError if there is no such file."""
        if not Path(path).exists():
            raise InputError(f"{path}: there is no such film.")
        rng = torch.Generator().manual_seed(crc32(Path(path).name.encode()))
        return torch.randn(ROWS, tiny_model().dims.vector, generator=rng), FPS

    def encode(self, pictures: Tensor) -> Tensor:
        return tiny_model().encode(pictures).detach().float().cpu()

    def read(self, vectors: Tensor) -> Tensor:
        return tiny_model().read(vectors).detach().float().cpu()

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        return tiny_model().render(tiny_model().embed(picture[None]), vectors)
