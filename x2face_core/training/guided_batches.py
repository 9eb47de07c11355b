"""Batches of the guided recipe: augmented pairs of pictures with target flows and measures."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import LIDS, LIPS, MIRROR_WITH_IRISES, POINTS
from x2face_core.geometry.motion import Aligned, align, angles, relative, separate
from x2face_core.geometry.splines import SplineFlows
from x2face_core.geometry.turning import Turner
from x2face_core.training.drawing import Pairs, Sampler, draw_pairs, jitter, mirror, random_turns, recolour
from x2face_core.training.gaze_augmentation import move_irises, random_gaze
from x2face_core.training.optical import OpticalFlow, compose
from x2face_core.training.recipes import GuidedRecipe
from x2face_core.warping import resize_flow

_SLACK = 1.25  # tolerance factor of the limits for splines across people
_ANGLE_UNIT = 0.15  # radians, about a standard deviation of each angle of the pose
_GAZE_UNIT = 0.05  # eye widths, about a standard deviation of gaze
_GAZE_MOST = 6.0  # largest gaze in these units
_WARPED = 0.05  # weight of the photometric loss where turning a head has warped the background
_ACROSS_FLOOR = 0.3  # weight outside the face across people, where the spline is the only supervision
_LANDMARK_REDUCTION = 0.7  # reduction of the trust in optical flow inside the face, where landmarks supervise


@dataclass(frozen=True)
class GuidedBatch:
    """One part of a step, on the networks' device.

    source, target: (n, 3, side, side), the same person
    views: (2n, 3, side, side), target and source as input of the driving network
    embedding_flow, driving_flow, across_flow: (n, 2, spline_side, spline_side), target flows from splines
    focus, focus_across: (n, 1, 32, 32), spatial loss weights; 0 if the spline folds
    optical_flow: (n, 2, spline_side, spline_side) from target to source, None if the recipe does not use it
    optical_trust: (n, 1, spline_side, spline_side), less in the face, 0 for turned pictures
    seen: (n, 1, 32, 32), weights of the photometric loss: 1, less where turning has warped the background
    source_points, landmarks, across_points: (n, 73, 2) of the source, the target, and the source moved across people
    sane: (n,), 0 if the spline across people folds, else 1
    measures: (n, m) of the target, standardised: expression, pose, and gaze if measured
    blend: (n, b) of the target, standardised, or None
    partner: (n,), index of the pair whose motion each source follows across people
    """

    source: Tensor
    target: Tensor
    views: Tensor
    embedding_flow: Tensor
    driving_flow: Tensor
    across_flow: Tensor
    focus: Tensor
    focus_across: Tensor
    optical_flow: Tensor | None
    optical_trust: Tensor | None
    seen: Tensor
    source_points: Tensor
    landmarks: Tensor
    across_points: Tensor
    sane: Tensor
    measures: Tensor
    blend: Tensor | None
    partner: Tensor


@dataclass(frozen=True)
class _View:
    """pictures: (n, 3, side, side); points: (n, 73, 3); turned: (n,) bool, whether the head was turned

    gaze: (n, 2) synthetic change of gaze in eye widths
    """

    pictures: Tensor
    points: Tensor
    turned: Tensor
    gaze: Tensor


class GuidedBatches:
    """Draws, augments and labels batches on the device of the bank."""

    def __init__(self, bank: Bank, layout: Tensor, recipe: GuidedRecipe) -> None:
        self.bank = bank
        self.recipe = recipe
        self.layout = layout
        self.splines = SplineFlows(layout[:, :2], recipe.spline_side)
        self.turner = Turner(layout)
        self.mirror = torch.as_tensor(MIRROR_WITH_IRISES, device=layout.device)
        self.sign = torch.tensor([-1.0, 1.0, 1.0], device=layout.device)
        self.gains = torch.ones(len(layout), device=layout.device)
        self.gains[LIPS] = recipe.lips_gain
        self.gains[[point for pair in LIDS for point in pair]] = recipe.lids_gain
        self.gains[POINTS:] = recipe.gaze_gain
        self.optical = OpticalFlow(recipe.spline_side) if recipe.optical else None

    @torch.no_grad()
    def draw(self, rng: torch.Generator, count: int) -> GuidedBatch:
        draw = Sampler(rng)
        return self.of_pairs(draw_pairs(self.bank, self.recipe, count, draw), draw)

    def on(self, bank: Bank) -> GuidedBatches:
        """The same for another bank."""
        other = copy(self)
        other.bank = bank
        return other

    @torch.no_grad()
    def of_pairs(self, pairs: Pairs, draw: Sampler) -> GuidedBatch:
        """Augment and label pairs of the bank."""
        count = len(pairs.source)
        turn_source, turn_target = self._turns(pairs, draw)
        source = self._view(pairs.source, pairs.mirrored, turn_source, draw)
        target = self._view(pairs.target, pairs.mirrored, turn_target, draw)
        gamma = torch.exp(draw.uniform(count, 1, low=-self.recipe.gamma, high=self.recipe.gamma))
        gain = draw.uniform(count, 3, low=1 - self.recipe.gain, high=1 + self.recipe.gain)
        source, target = (replace(view, pictures=recolour(view.pictures, gamma, gain)) for view in (source, target))
        views = torch.cat([target.pictures, source.pictures])
        views = jitter(views, self.recipe.view_gamma, self.recipe.view_gain, draw)
        return self._labelled(pairs, source, target, views)

    def _turns(self, pairs: Pairs, draw: Sampler) -> tuple[Tensor, Tensor]:
        """Which sources and which targets are turned; of a photograph, which is its own pair, always one."""
        count, share = len(pairs.source), self.recipe.turned
        chance = draw.uniform(2, count) < share
        coin, alone = draw.uniform(count) < 0.5, pairs.source == pairs.target
        return torch.where(alone, coin, chance[0]), torch.where(alone, ~coin, chance[1])

    def _labelled(self, pairs: Pairs, source: _View, target: _View, views: Tensor) -> GuidedBatch:
        lips, eyes, floor = self.recipe.lips, self.recipe.eyes, self.recipe.outside
        source_held, target_held = (separate(align(view.points, self.layout)) for view in (source, target))
        partner = torch.arange(len(source.points), device=source.points.device).roll(1)
        across_points = relative(source_held, source_held[partner], target_held[partner], self.gains)
        reached = angles(align(across_points, self.layout).rotation)
        sane = (reached.abs() < self.turner.limits * _SLACK).all(1).float()
        points, across, small = target_held.points()[..., :2], across_points[..., :2], self.turner.splines
        source_points = source_held.points()[..., :2]
        flows = self.splines.to_layout(torch.cat([points, across]))
        embedding_flow = self.splines.from_layout(source_points)
        unturned = ~(source.turned | target.turned)
        near = small.near(points)
        optical, trust = self._optical(source, target, compose(flows[: len(near)], embedding_flow), near, unturned)
        return GuidedBatch(
            source=source.pictures,
            target=target.pictures,
            views=views,
            embedding_flow=embedding_flow,
            driving_flow=flows[: len(near)],
            across_flow=flows[len(near) :],
            focus=small.focus(points, lips, eyes, floor=floor),
            focus_across=small.focus(across, lips, eyes, floor=_ACROSS_FLOOR) * sane[:, None, None, None],
            optical_flow=optical,
            optical_trust=trust,
            seen=torch.where(unturned[:, None, None, None], torch.ones_like(near), _WARPED + (1 - _WARPED) * near),
            source_points=source_points,
            landmarks=points,
            across_points=across,
            sane=sane,
            measures=self._measures(pairs, target_held, target.gaze),
            blend=self._blend(pairs),
            partner=partner,
        )

    def _optical(
        self, source: _View, target: _View, composed: Tensor, near: Tensor, unturned: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Optical flow of pairs without synthetic turns; the search starts from the splines near the face."""
        if self.optical is None:
            return None, None
        side = self.recipe.spline_side
        near = resize_flow(near, side, side)
        flow, trust = torch.zeros_like(composed), torch.zeros_like(near)
        rows = unturned.nonzero()[:, 0]
        if len(rows):
            start = composed[rows] * near[rows]
            flow[rows], trust[rows] = self.optical.flows(source.pictures[rows], target.pictures[rows], start)
        return flow, trust * (1 - _LANDMARK_REDUCTION * near)

    def _measures(self, pairs: Pairs, aligned: Aligned, moved: Tensor) -> Tensor:
        assert self.bank.expression is not None
        expression = self.bank.expression[pairs.target]
        swapped = expression[:, [0, 1, 3, 2]]
        expression = torch.where(pairs.mirrored[:, None], swapped, expression)
        measures = [expression, angles(aligned.rotation) / _ANGLE_UNIT]
        if self.bank.gaze is not None:
            gaze = self.bank.gaze[pairs.target]
            gaze = torch.where(pairs.mirrored[:, None], gaze * self.sign[:2], gaze) + moved
            measures.append((gaze / _GAZE_UNIT).clamp(-_GAZE_MOST, _GAZE_MOST))
        return torch.cat(measures, dim=1)

    def _blend(self, pairs: Pairs) -> Tensor | None:
        if self.bank.blend is None or self.bank.blend_mirror is None:
            return None
        blend = self.bank.blend[pairs.target]
        return torch.where(pairs.mirrored[:, None], blend[:, self.bank.blend_mirror], blend)

    def _view(self, rows: Tensor, mirrored: Tensor, turned: Tensor, draw: Sampler) -> _View:
        """Pictures and landmarks, mirrored and turned by random poses as given, some with another gaze."""
        assert self.bank.landmarks is not None
        pictures, points = mirror(self.bank.floats(rows), mirrored), self.bank.landmarks[rows]
        points = torch.where(mirrored[:, None, None], points[:, self.mirror] * self.sign, points)
        poses = random_turns(self.recipe, len(rows), draw)
        pictures, points = self.turner.turn_rows(pictures, points, turned, poses)
        if self.bank.gaze is None or not self.recipe.gaze_share:
            return _View(pictures, points, turned, points.new_zeros(len(rows), 2))
        gaze = random_gaze(points, self.recipe, draw)
        pictures, points = move_irises(pictures, points, gaze)
        return _View(pictures, points, turned, gaze)
