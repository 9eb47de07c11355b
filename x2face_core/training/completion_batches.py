"""Pairs of embedded faces of one person for the completion network: the target shows parts that the source does not."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import IRIS_CORNERS, LIDS
from x2face_core.geometry.turning import Turner
from x2face_core.networks.completion import log_area
from x2face_core.networks.consistency import make_consistent
from x2face_core.networks.folding import fold
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Sampler, mirror, random_turns, recolour
from x2face_core.training.recipes import CompletionRecipe
from x2face_core.warping import resize_flow, warp

_EXTREMES = 4  # frames at either end of a measure in each clip, all paired with one another
_MOST = 4.0  # greatest change that a pair is weighted by, in the units of _measures
_DEGREES = 6.0  # unit of the change in head pose
_SHUT = 0.15  # distance of lids closed synthetically, relative to what it was; splines through points that meet fold


@dataclass(frozen=True)
class CompletionBatch:
    """A batch: pairs of embedded faces of one person each, in [0, 1], and their log areas.

    source, target: (n, 3, side, side); source_area, target_area: (n, 1, side, side)
    """

    source: Tensor
    source_area: Tensor
    target: Tensor
    target_area: Tensor


@dataclass(frozen=True)
class CompletionPairs:
    """Row indices of pairs in a bank (n,) int64, and their sampling weights (n,) float64, which sum to 1.

    A photograph is paired with itself.
    """

    source: Tensor
    target: Tensor
    weight: Tensor

    @classmethod
    def of(cls, bank: Bank, recipe: CompletionRecipe) -> CompletionPairs:
        """Pairs from clips, whose sources have lips or lids more closed or the head more turned, and photographs."""
        shares = {"lips": 1 - recipe.lid_pairs - recipe.pose_pairs, "lids": recipe.lid_pairs, "pose": recipe.pose_pairs}
        films = float(bank.weight[bank.count > 1].sum())
        parts = [
            _weighed(_pairs_of_clips(bank, measure), films * shares[name]) for name, measure in _measures(bank).items()
        ]
        alone = (bank.count == 1).nonzero()[:, 0]
        parts.append(_weighed(cls(alone, alone, bank.weight[alone]), 1 - films))
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in ("source", "target", "weight")))

    def draw(self, count: int, draw: Sampler) -> tuple[Tensor, Tensor]:
        """Rows of sources and targets, (count,) each."""
        found = torch.searchsorted(self.weight.cumsum(0), draw.uniform(count).double() * self.weight.sum())
        found = found.clamp_max(len(self.weight) - 1)
        return self.source[found], self.target[found]


def _measures(bank: Bank) -> dict[str, Tensor]:
    """(n,) of each frame: how far lips and lids are open, in standard deviations, and how frontal the head is."""
    assert bank.expression is not None and bank.pose is not None
    return {
        "lips": bank.expression[:, 0],
        "lids": bank.expression[:, 2:4].mean(1),
        "pose": -bank.pose[:, 1:].norm(dim=1) / _DEGREES,
    }


def _pairs_of_clips(bank: Bank, measure: Tensor) -> CompletionPairs:
    """In each clip, the frames with the least of a measure paired with those with the most, weighted by the change."""
    sources, targets, weights = [], [], []
    for first in torch.unique(bank.first).tolist():
        count = int(bank.count[first])
        if count == 1:
            continue
        order = first + measure[first : first + count].argsort()
        ends = min(_EXTREMES, count // 2)
        source, target = (rows.flatten() for rows in torch.meshgrid(order[:ends], order[-ends:], indexing="ij"))
        change = (measure[target] - measure[source]).clamp(0, _MOST).double()
        sources.append(source)
        targets.append(target)
        weights.append(change / ends**2 * bank.weight[first : first + count].sum())
    return CompletionPairs(torch.cat(sources), torch.cat(targets), torch.cat(weights))


def _weighed(pairs: CompletionPairs, share: float) -> CompletionPairs:
    """The same with weights that sum to `share`."""
    return CompletionPairs(pairs.source, pairs.target, pairs.weight * (share / pairs.weight.sum().clamp_min(1e-12)))


class CompletionBatches:
    """Draws pairs and embeds them with the frozen networks, as single sources are embedded for use.

    The sources of `turned` of the pairs from clips are turned synthetically, and those of all photographs; of these,
    `shut` have their eyes closed synthetically.
    """

    def __init__(self, bank: Bank, layout: Tensor, recipe: CompletionRecipe, networks: X2FaceNetworks) -> None:
        self.bank, self.recipe, self._trained = bank, recipe, networks
        self.turner = Turner(layout)
        self.pairs = CompletionPairs.of(bank, recipe)

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> CompletionBatch:
        draw = Sampler(rng)
        rows = self.pairs.draw(count, draw)
        mirrored = draw.uniform(count) < 0.5
        gamma = torch.exp(draw.uniform(count, 1, low=-0.25, high=0.25))
        gain = draw.uniform(count, 3, low=0.8, high=1.2)
        pictures = torch.cat([self._sources(rows[0], draw), self.bank.floats(rows[1])])
        faces, areas = self._embed(pictures)
        source, target = (recolour(mirror(part, mirrored), gamma, gain) for part in faces.chunk(2))
        source_area, target_area = (mirror(part, mirrored) for part in areas.chunk(2))
        return CompletionBatch(source, source_area, target, target_area)

    def _sources(self, rows: Tensor, draw: Sampler) -> Tensor:
        """(n, 3, side, side): pictures of the sources, some turned or with their eyes closed."""
        assert self.bank.landmarks is not None
        pictures, points = self.bank.floats(rows), self.bank.landmarks[rows]
        alone = self.bank.count[rows] == 1
        shut = alone & (draw.uniform(len(rows)) < self.recipe.shut)
        turned = alone | (draw.uniform(len(rows)) < self.recipe.turned)
        poses = random_turns(self.recipe, len(rows), draw)
        moved = torch.where(turned[:, None, None], self.turner.turn(points, *poses), points)
        moved = torch.where(shut[:, None, None], _shut(moved), moved)
        changed = (shut | turned).nonzero()[:, 0]
        if len(changed):
            pictures[changed] = self.turner.picture(pictures[changed], points[changed], moved[changed])
        return pictures

    @cached_property
    def _networks(self) -> X2FaceNetworks:
        """The networks for inference, once their initial weights are loaded; they are frozen."""
        return fold(deepcopy(self._trained), upsampling=self.bank.pictures.device.type == "cpu")

    def _embed(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded faces (n, 3, side, side) and their log areas (n, 1, side, side)."""
        networks = self._networks
        flow = networks.embedding(pictures)[0].float()
        if networks.dims.fusion == "aligned":
            flow = make_consistent(flow, networks.driving(pictures).float())
        return warp(pictures, flow, padding=networks.dims.padding), resize_flow(log_area(flow), *pictures.shape[-2:])


def _shut(points: Tensor) -> Tensor:
    """Landmarks with irises (n, 73, 3) with closed eyes: upper lids and irises at the lower lids."""
    points = points.clone()
    for upper, lower in LIDS:
        points[:, upper] = torch.lerp(points[:, lower], points[:, upper], _SHUT)
    for iris, first in ((IRIS_CORNERS[0][0], 0), (IRIS_CORNERS[2][0], 2)):
        lids = [point for pair in LIDS[first : first + 2] for point in pair]
        points[:, iris] = points[:, lids].mean(1)
    return points
