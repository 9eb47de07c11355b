"""Thin-plate splines: they pass through their points, leave the border alone, and undo one another."""

from __future__ import annotations

import pytest
import torch

from x2face_core.geometry.splines import SplineFlows, border_anchors, seen_at
from x2face_core.warping import identity_grid, warp

Tensor = torch.Tensor
SIDE = 33  # an odd side has pixels at 0, 1/4, 1/2, 3/4 of the way


@pytest.fixture
def layout() -> Tensor:
    """(4, 2) points that lie on pixels."""
    return torch.tensor([[-0.5, -0.25], [0.5, -0.25], [0.0, 0.25], [0.0, 0.5]])


@pytest.fixture
def moved(layout: Tensor) -> Tensor:
    """(2, 4, 2): two faces, the points on pixels again."""
    shifts = [[[0.25, 0], [0, 0], [0, 0.125], [0, 0.125]], [[0, 0.125], [0.125, 0], [-0.125, 0], [0, 0]]]
    return layout + torch.tensor(shifts)


def at(flow: Tensor, points: Tensor) -> Tensor:
    """(n, 2, side, side) flows and (n, k, 2) points that lie on pixels to the flows there (n, k, 2)."""
    side = flow.shape[-1]
    columns, rows = ((points + 1) / 2 * (side - 1)).round().long().unbind(-1)
    picked = [flow[number, :, rows[number], columns[number]].T for number in range(len(flow))]
    return torch.stack(picked)


def test_anchors_stand_around_the_border() -> None:
    anchors = border_anchors()
    assert anchors.shape == (16, 2)
    assert len({tuple(anchor) for anchor in anchors.tolist()}) == 16
    assert (anchors.abs().amax(1) == 1).all()


def test_a_spline_samples_at_each_point_what_lies_at_its_target(layout: Tensor, moved: Tensor) -> None:
    points = layout.expand(2, -1, -1)
    flow = SplineFlows(layout, SIDE).between(points, moved)
    torch.testing.assert_close(at(flow, points), moved - points, atol=5e-3, rtol=0)


def test_the_flow_from_the_layout_leads_to_the_landmarks(layout: Tensor, moved: Tensor) -> None:
    flow = SplineFlows(layout, SIDE).from_layout(moved)
    points = layout.expand(2, -1, -1)
    torch.testing.assert_close(at(flow, points), moved - points, atol=5e-3, rtol=0)


def test_the_flow_to_the_layout_leads_from_the_landmarks_there(layout: Tensor, moved: Tensor) -> None:
    flow = SplineFlows(layout, SIDE).to_layout(moved)
    torch.testing.assert_close(at(flow, moved), layout - moved, atol=5e-3, rtol=0)


def test_the_fast_way_from_the_layout_is_the_spline_between(layout: Tensor, moved: Tensor) -> None:
    splines = SplineFlows(layout)
    expected = splines.between(layout.expand(2, -1, -1), moved)
    torch.testing.assert_close(splines.from_layout(moved), expected, atol=1e-4, rtol=0)


def test_many_splines_at_once_are_each_its_own(layout: Tensor) -> None:
    splines = SplineFlows(layout, 16)
    faces = layout + 0.1 * torch.rand(11, 4, 2, generator=torch.Generator().manual_seed(0))
    singly = torch.cat([splines.to_layout(face[None]) for face in faces])
    torch.testing.assert_close(splines.to_layout(faces), singly, atol=1e-4, rtol=0)


def test_a_flow_is_seen_between_its_pixels_too(layout: Tensor) -> None:
    ramp = identity_grid(5, 5).permute(2, 0, 1)[None] * torch.tensor([0.1, -0.2]).view(1, 2, 1, 1)
    points = torch.tensor([[[0.3, 0.7], [-1.0, 1.0], [0.0, 0.0]]])
    expected = torch.tensor([[[0.33, 0.56], [-1.1, 0.8], [0.0, 0.0]]])
    torch.testing.assert_close(seen_at(ramp, points), expected)


def test_the_border_stays(layout: Tensor, moved: Tensor) -> None:
    splines = SplineFlows(layout, SIDE)
    for flow in (splines.from_layout(moved), splines.to_layout(moved)):
        on_border = at(flow, border_anchors().expand(2, -1, -1))
        assert on_border.abs().max() < 5e-3


def test_a_face_that_is_the_layout_stays(layout: Tensor) -> None:
    splines = SplineFlows(layout)
    for flow in (splines.from_layout(layout[None]), splines.to_layout(layout[None])):
        assert flow.shape == (1, 2, 32, 32)
        assert flow.abs().max() < 1e-3


def test_there_and_back_is_nearly_nothing(layout: Tensor, moved: Tensor) -> None:
    splines = SplineFlows(layout, SIDE)
    places = identity_grid(SIDE, SIDE).permute(2, 0, 1)[None]
    flat = warp(places, splines.from_layout(moved))  # where in the face each place of the layout lies
    back = warp(flat, splines.to_layout(moved))
    inside = (slice(None), slice(None), slice(8, 25), slice(8, 25))
    moving = (flat - places)[inside].abs().mean()
    assert (back - places)[inside].abs().mean() < 0.2 * moving


def test_weights_of_places_are_highest_at_lips_and_eyes_and_one_on_average(layout: Tensor) -> None:
    landmarks = torch.full((1, 71, 2), 0.75)
    landmarks[:, 36:48] = torch.tensor([-0.5, -0.25])
    landmarks[:, 48:68] = torch.tensor([0.0, 0.5])
    focus = SplineFlows(layout, SIDE).focus(landmarks, lips=24, eyes=8)
    assert focus.shape == (1, 1, SIDE, SIDE)
    assert float(focus.mean()) == pytest.approx(1)
    lips, eyes, far = focus[0, 0, 24, 16], focus[0, 0, 12, 8], focus[0, 0, 0, 32]
    assert float(lips / far) == pytest.approx(25, rel=1e-3)
    assert float(eyes / far) == pytest.approx(9, rel=1e-3)
    assert focus.max() == lips


def test_weights_of_places_fall_with_the_distance(layout: Tensor) -> None:
    landmarks = torch.zeros(1, 71, 2)
    middle, near, far = SplineFlows(layout, 201).close_to(landmarks, sigma=0.1)[0, 0, 100, [100, 110, 200]]
    assert (float(middle), float(near)) == pytest.approx((1, 0.3679), abs=1e-3)  # 10 pixels are 0.1; 1 / e
    assert float(far) < 1e-6


def test_what_lies_outside_the_face_weighs_its_floor(layout: Tensor) -> None:
    focus = SplineFlows(layout, 201).focus(torch.zeros(1, 71, 2), lips=0, eyes=0, floor=0.25)
    assert float(focus[0, 0, 100, 100] / focus[0, 0, 0, 0]) == pytest.approx(4)
    assert float(focus.mean()) == pytest.approx(1)
