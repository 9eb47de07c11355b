"""Synthetic gaze: a dark iris moves by as much as its landmark, and lids that are nearly closed keep theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from x2face_core.geometry.landmarks import LIDS
from x2face_core.training.drawing import Sampler
from x2face_core.training.gaze_augmentation import move_irises, random_gaze
from x2face_core.training.recipes import RECIPES, GuidedRecipe
from x2face_core.warping import identity_grid

SIDE = 128


@pytest.fixture
def eyes(layout: Tensor) -> tuple[Tensor, Tensor]:
    """A white picture with a dark iris in each eye of the canonical layout, and the landmarks (1, 73, 3)."""
    grid = identity_grid(SIDE, SIDE)
    squares = torch.stack([(grid - layout[iris, :2]).square().sum(-1) for iris in (71, 72)])
    picture = 1 - torch.exp(-squares / (2 * 0.015**2)).amax(0)
    return picture.expand(1, 3, -1, -1), layout[None]


def darkest(picture: Tensor, about: Tensor) -> Tensor:
    """(2,) centre of the darkness within 0.15 of a point."""
    grid = identity_grid(SIDE, SIDE)
    near = (grid - about).square().sum(-1) < 0.15**2
    weights = (1 - picture[0, 0]) * near
    return (grid * weights[..., None]).sum((0, 1)) / weights.sum()


@pytest.mark.parametrize("change", [(0.12, 0.0), (-0.1, 0.04), (0.0, -0.03)])
def test_irises_move_with_their_landmarks(eyes: tuple[Tensor, Tensor], change: tuple[float, float]) -> None:
    picture, points = eyes
    moved, after = move_irises(picture, points, torch.tensor([change]))
    for iris, (left, right) in ((71, (36, 39)), (72, (42, 45))):
        along = points[0, right, :2] - points[0, left, :2]
        shift = change[0] * along + change[1] * torch.stack([-along[1], along[0]])
        torch.testing.assert_close(after[0, iris, :2] - points[0, iris, :2], shift)
        seen = darkest(moved, after[0, iris, :2]) - darkest(picture, points[0, iris, :2])
        torch.testing.assert_close(seen, shift, atol=0.006, rtol=0)
    torch.testing.assert_close(after[:, :71], points[:, :71])


def test_no_change_leaves_the_pictures_alone(eyes: tuple[Tensor, Tensor]) -> None:
    picture, points = eyes
    assert move_irises(picture, points, torch.zeros(1, 2))[0] is picture


def test_the_gaze_changes_within_reach_for_open_eyes_only(layout: Tensor) -> None:
    recipe = RECIPES["guided"]
    assert isinstance(recipe, GuidedRecipe)
    points = layout.repeat(400, 1, 1)
    upper, lower = (torch.tensor(side) for side in zip(*LIDS, strict=True))
    points[:200, lower] = points[:200, upper] + 0.001
    points[200:, lower] = points[200:, upper] + torch.tensor([0.0, 0.1, 0.0])
    change = random_gaze(points, replace(recipe, gaze_share=0.5), Sampler(torch.Generator().manual_seed(0)))
    assert not change[:200].any()
    assert 60 < int(change[200:].any(1).sum()) < 140
    assert recipe.gaze / 2 < float(change[:, 0].abs().max()) <= recipe.gaze
