"""Batches for the measuring network: groups of pictures of one person, varied at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.geometry.landmarks import LAYOUT_GAZE, MIRROR_WITH_IRISES, canonical_layout, with_irises
from x2face_core.geometry.turning import Turner
from x2face_core.networks.measuring import SIDE
from x2face_core.pixels import to_tensor
from x2face_core.training.drawing import Sampler, recolour
from x2face_core.training.gaze_augmentation import move_irises
from x2face_core.warping import reduce
from x2face_lab.measuring.gathering import IRISES, Faces

SHOWN = (1.0, 0.79, 0.95)
"""Share of a turn by splines that a face mesh finds: roll, pitch, yaw (docs/pose.md)."""
_TURN, _TURNED = (15.0, 16.0, 25.0), 0.85  # largest turns of photographs in degrees, and share of turned ones
_GROWTH, _SHIFT = 0.08, 0.06  # of what is turned
_GAZE, _OPEN = (0.16, 0.08), 0.18  # largest change of gaze, and least opening of the lids
_SIGN = (-1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 1.0)  # of the measures of a mirrored picture
_SWAPPED = [0, 1, 2, 3, 4, 6, 5, 7, 8]
_BLURRED, _COVERED, _GREY = 0.25, 0.2, 0.1  # shares
_NOISE = 0.03


@dataclass(frozen=True, eq=False)
class Batch:
    """Groups of pictures, one after the other. pictures: (n, 3, 128, 128); measures: (n, 9); points: (n, 70, 2)"""

    pictures: Tensor
    measures: Tensor
    points: Tensor


class Batches:
    """Draws batches.

    films, photographs, renders: what is drawn from, the latter two optional
    shares: of the groups that are films, photographs and renders; those of missing ones go to films
    groups: groups of a batch; each: pictures of a group
    looking: share of the open eyes whose irises are moved
    """

    def __init__(
        self,
        films: Faces,
        photographs: Faces | None,
        renders: Faces | None,
        *,
        shares: tuple[float, float, float] = (0.45, 0.2, 0.35),
        groups: int = 32,
        each: int = 4,
        looking: float = 0.6,
    ) -> None:
        self.films, self.photographs, self.renders = films, photographs, renders
        self.groups, self.each, self.looking = groups, each, looking
        self._photographs = round(groups * shares[1]) if photographs is not None else 0
        self._renders = round(groups * shares[2]) if renders is not None else 0
        self.turner = Turner(_layout(films))
        self._mirror = torch.from_numpy(MIRROR_WITH_IRISES)
        self._mirror = torch.cat([self._mirror[:68], torch.tensor([69, 68])])

    @torch.no_grad()
    def draw(self, rng: torch.Generator) -> Batch:
        draw = Sampler(rng)
        parts = [self._filmed(self.groups - self._photographs - self._renders, draw)]
        if self.renders is not None and self._renders:
            parts.append(self._of_group(self.renders, self._renders, draw))
        if self.photographs is not None and self._photographs:
            parts.append(self._turned(self.photographs, self._photographs, draw))
        batch = _mirrored(_joined(parts), self._by_group(draw.uniform(self.groups) < 0.5), self._mirror)
        batch = self._placed(batch, draw)
        return Batch(_worsened(self._lit(batch.pictures, draw), draw), batch.measures, batch.points)

    def _by_group(self, values: Tensor) -> Tensor:
        return values.repeat_interleave(self.each, 0)

    def _both(self, draw: Sampler, group: float, picture: float) -> Tensor:
        """(n,) uniform numbers, the sum of one of each group and one of each picture, with these bounds."""
        own = draw.uniform(self.groups * self.each, low=-picture, high=picture)
        return self._by_group(draw.uniform(self.groups, low=-group, high=group)) + own

    def _drawn(self, faces: Faces, count: int, draw: Sampler) -> Tensor:
        found = torch.searchsorted(faces.weight.double().cumsum(0), draw.uniform(count).double())
        return found.clamp_max(len(faces) - 1)

    def _rows(self, faces: Faces, count: int, draw: Sampler) -> Tensor:
        """A drawn picture of each group, and others of the same group."""
        drawn = self._drawn(faces, count, draw)[:, None]
        size = faces.count[drawn]
        others = faces.first[drawn] + (draw.uniform(count, self.each - 1) * size).long().minimum(size - 1)
        return torch.cat([drawn, others], dim=1).flatten()

    def _of_group(self, faces: Faces, count: int, draw: Sampler) -> Batch:
        rows = self._rows(faces, count, draw)
        return Batch(to_tensor(faces.pictures[rows]), faces.measures[rows], faces.points[rows])

    def _filmed(self, count: int, draw: Sampler) -> Batch:
        """Frames of films, some with the irises moved."""
        rows, films = self._rows(self.films, count, draw), self.films
        assert films.solid is not None
        return self._looking(to_tensor(films.pictures[rows]), films.solid[rows], films.measures[rows], draw)

    def _turned(self, faces: Faces, count: int, draw: Sampler) -> Batch:
        """Photographs with the head turned and the irises moved at random, several times each."""
        assert faces.solid is not None
        rows = self._by_group(self._drawn(faces, count, draw))
        pictures, solid, n = to_tensor(faces.pictures[rows]), faces.solid[rows], len(rows)
        turns = (draw.uniform(n, 3, low=-1, high=1) * torch.tensor(_TURN)).deg2rad()
        sizes, shifts = draw.uniform(n, low=1 - _GROWTH, high=1 + _GROWTH), draw.uniform(n, 2, low=-_SHIFT, high=_SHIFT)
        before, turned = self.turner.pose(solid), draw.uniform(n) < _TURNED
        pictures, solid = self.turner.turn_rows(pictures, solid, turned, (turns, sizes, shifts))
        pose = (self.turner.pose(solid) - before).rad2deg() * torch.tensor(SHOWN)
        return self._looking(pictures, solid, faces.measures[rows] + F.pad(pose, (0, 6)), draw)

    def _looking(self, pictures: Tensor, solid: Tensor, measures: Tensor, draw: Sampler) -> Batch:
        """Some with the irises moved."""
        n = len(pictures)
        moved = (draw.uniform(n) < self.looking) & (measures[:, 5:7].mean(1) > _OPEN)
        gaze = draw.uniform(n, 2, low=-1, high=1) * torch.tensor(_GAZE) * moved[:, None]
        pictures, solid = move_irises(pictures, solid, gaze)
        points = torch.cat([solid[:, :68], solid[:, IRISES:]], dim=1)[..., :2]
        return Batch(pictures, measures + F.pad(gaze, (7, 0)), points)

    def _placed(self, batch: Batch, draw: Sampler) -> Batch:
        """Scaled, shifted and tilted: more from group to group than from picture to picture."""
        scale, angle = self._both(draw, 0.12, 0.06).exp(), self._both(draw, 4, 6)
        shift = torch.stack([self._both(draw, 0.08, 0.05), self._both(draw, 0.08, 0.05)], dim=1)
        cos, sin = angle.deg2rad().cos() * scale, angle.deg2rad().sin() * scale
        matrix = torch.stack([cos, -sin, sin, cos], dim=1).view(-1, 2, 2)
        sampled = torch.cat([matrix, shift[:, :, None]], dim=2)
        grid = F.affine_grid(sampled, list(batch.pictures.shape), align_corners=False)
        pictures = F.grid_sample(batch.pictures, grid, padding_mode="border", align_corners=False)
        points = (batch.points - shift[:, None]) @ torch.linalg.inv(matrix).transpose(1, 2)
        measures = batch.measures.clone()
        measures[:, 0] -= angle
        return Batch(pictures, measures, points)

    def _lit(self, pictures: Tensor, draw: Sampler) -> Tensor:
        """Another light, some of it from picture to picture; some groups without colour."""
        n = len(pictures)
        gain = self._by_group(draw.uniform(self.groups, 3, low=-0.25, high=0.25))
        gain = (gain + draw.uniform(n, 3, low=-0.06, high=0.06)).exp()
        pictures = recolour(pictures, self._both(draw, 0.35, 0.12).exp()[:, None], gain)
        grey = self._by_group(draw.uniform(self.groups) < _GREY)[:, None, None, None]
        return torch.where(grey, pictures.mean(1, keepdim=True), pictures)


def _layout(films: Faces) -> Tensor:
    """(73, 3)"""
    assert films.solid is not None
    points = canonical_layout(films.solid[:, :IRISES].numpy())[None]
    return torch.from_numpy(with_irises(points, torch.tensor([LAYOUT_GAZE]).numpy()))[0]


def _joined(parts: Sequence[Batch]) -> Batch:
    pictures, measures, points = (
        torch.cat([getattr(part, name) for part in parts]) for name in ("pictures", "measures", "points")
    )
    return Batch(pictures, measures, points)


def _mirrored(batch: Batch, rows: Tensor, mirror: Tensor) -> Batch:
    flat, cube = rows[:, None], rows[:, None, None]
    return Batch(
        torch.where(cube[..., None], batch.pictures.flip(-1), batch.pictures),
        torch.where(flat, batch.measures[:, _SWAPPED] * torch.tensor(_SIGN), batch.measures),
        torch.where(cube, batch.points[:, mirror] * torch.tensor([-1.0, 1.0]), batch.points),
    )


def _worsened(pictures: Tensor, draw: Sampler) -> Tensor:
    """Some blurred, some partly covered, all with noise."""
    n = len(pictures)
    rows = (draw.uniform(n) < _BLURRED).nonzero()[:, 0]
    if len(rows):
        side = int(draw.uniform(1, low=0.375 * SIDE, high=0.875 * SIDE))
        pictures[rows] = F.interpolate(reduce(pictures[rows], side), size=(SIDE, SIDE), mode="bilinear")
    for row in (draw.uniform(n) < _COVERED).nonzero()[:, 0].tolist():
        high, wide = (int(one * SIDE) for one in draw.uniform(2, low=0.1, high=0.4).tolist())
        top, left = (int(at * (SIDE - size)) for at, size in zip(draw.uniform(2).tolist(), (high, wide), strict=True))
        pictures[row, :, top : top + high, left : left + wide] = draw.uniform(3, 1, 1)
    noise = torch.randn(pictures.shape, generator=draw.rng) * draw.uniform(n, 1, 1, 1, high=_NOISE)
    return (pictures + noise).clamp_(0, 1).contiguous(memory_format=torch.channels_last)
