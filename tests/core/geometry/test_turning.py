"""Heads turned in their pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.tracks import Look, draw, landmarks
from x2face_core.geometry.landmarks import with_forehead
from x2face_core.geometry.pose import head_pose
from x2face_core.geometry.turning import LIMITS, Turner
from x2face_core.warping import warp

Tensor = torch.Tensor


def points(*looks: Look) -> Tensor:
    """(n, 71, 3) in normalised coordinates."""
    return torch.from_numpy(with_forehead(np.stack([landmarks(look) for look in looks]).astype(np.float32)))


@pytest.fixture
def turner() -> Turner:
    return Turner(points(Look(mouth_open=0.2))[0])


def degrees(*rows: tuple[float, float, float]) -> Tensor:
    return torch.tensor(rows).deg2rad()


def test_the_layout_is_at_rest(turner: Turner) -> None:
    torch.testing.assert_close(turner.pose(turner.layout[None]), torch.zeros(1, 3), atol=1e-4, rtol=0)


def test_no_turn_moves_nothing(turner: Turner) -> None:
    heads = points(Look((4, -6, 10)), Look())
    torch.testing.assert_close(turner.turn(heads, torch.zeros(2, 3)), heads, atol=1e-5, rtol=0)


def test_a_frontal_head_turns_as_far_as_it_is_told(turner: Turner) -> None:
    asked = degrees((10, 0, 0), (0, 12, 0), (0, 0, -20), (5, -8, 15))
    turned = turner.turn(points(*[Look()] * 4), asked)
    torch.testing.assert_close(turner.pose(turned), asked, atol=2e-3, rtol=0)


def test_signs_are_those_of_the_labels(turner: Turner) -> None:
    heads = points(Look(), Look(), Look())
    turned = turner.turn(heads, degrees((10, 0, 0), (0, 10, 0), (0, 0, 10)))
    change = head_pose(turned[:, :68].numpy()) - head_pose(heads[:, :68].numpy())
    assert (np.diag(change) > 7).all()
    assert np.abs(change - np.diag(np.diag(change))).max() < 1.5


def test_heads_turn_no_further_than_the_limits(turner: Turner) -> None:
    turned = turner.turn(points(Look((0, 0, 20))), degrees((60, -60, 60)))
    wanted = degrees((LIMITS[0], -LIMITS[1], LIMITS[2]))
    assert float((turner.pose(turned) - wanted).abs().max()) < 0.15  # angles mix where all three are large


def test_growing_and_shifting_keep_the_pose(turner: Turner) -> None:
    head = points(Look((3, 4, 5)))
    moved = turner.turn(head, torch.zeros(1, 3), torch.tensor([1.2]), torch.tensor([[0.1, -0.05]]))
    torch.testing.assert_close(turner.pose(moved), turner.pose(head), atol=1e-3, rtol=0)
    wanted = (head - head.mean(1, keepdim=True))[..., :2].norm() * 1.2
    torch.testing.assert_close((moved - moved.mean(1, keepdim=True))[..., :2].norm(), wanted, rtol=1e-3, atol=0)


def test_what_was_at_a_landmark_is_where_it_has_gone(turner: Turner) -> None:
    look = Look(mouth_open=0.25)
    picture = torch.from_numpy(draw(look).copy()).permute(2, 0, 1)[None].float() / 255
    head = points(look)
    turned = turner.turn(head, degrees((12, 5, 18)))
    shown = turner.picture(picture, head, turned)

    def colours(of: Tensor, at: Tensor) -> Tensor:
        """(3, k) at the inner lips' middle and the nose's bridge."""
        places = torch.stack([at[0, 60:68, :2].mean(0), at[0, 28, :2]])
        return torch.cat(
            [warp(of, place[None, :, None, None].expand(-1, -1, 33, 33))[0, :, 16, 16, None] for place in places], 1
        )

    torch.testing.assert_close(colours(shown, turned), colours(picture, head), atol=0.15, rtol=0)


def test_only_the_rows_that_are_named_are_turned(turner: Turner) -> None:
    """And what is given stays as it is, in its memory format."""
    heads = points(Look(), Look((4, -6, 10)), Look())
    pictures = torch.from_numpy(np.stack([draw(Look())] * 3)).permute(0, 3, 1, 2).float() / 255
    before = pictures.clone()
    poses = degrees((5, 5, 5), (5, 5, 5), (0, 0, 15)), torch.tensor([1.0, 1.0, 1.1]), torch.zeros(3, 2)
    shown, moved = turner.turn_rows(pictures, heads, torch.tensor([False, False, True]), poses)
    assert torch.equal(pictures, before)
    assert torch.equal(shown[:2], pictures[:2]) and torch.equal(moved[:2], heads[:2])
    assert torch.equal(moved[2:], turner.turn(heads[2:], *(part[2:] for part in poses)))
    assert torch.equal(shown[2:], turner.picture(pictures[2:], heads[2:], moved[2:]))
    assert shown.stride() == pictures.stride()
