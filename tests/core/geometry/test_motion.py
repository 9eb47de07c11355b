"""How heads are held, and one person's motion given to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.tracks import Look, landmarks, turned
from x2face_core.geometry.landmarks import INNER_LIPS, LIPS, with_forehead
from x2face_core.geometry.motion import Aligned, align, angles, relative, rotations, separate
from x2face_core.geometry.splines import SplineFlows, seen_at

Tensor = torch.Tensor


def points(*looks: Look, person: int = 0) -> Tensor:
    """(n, 71, 3) in normalised coordinates."""
    drawn = np.stack([landmarks(look, person) for look in looks]).astype(np.float32)
    return torch.from_numpy(with_forehead(drawn))


@pytest.fixture
def template() -> Tensor:
    return points(Look(mouth_open=0.2))[0]


def rotation(**degrees: float) -> Tensor:
    """(3, 3) by roll, pitch or yaw."""
    each = (torch.tensor([degrees.get(name, 0.0)]).deg2rad() for name in ("roll", "pitch", "yaw"))
    return rotations(*each)[0]


NOSE = torch.tensor([0.0, 0.0, -1.0])  # towards the camera
EAR = torch.tensor([1.0, 0.0, 0.0])  # at the picture's right


def test_yaw_is_positive_where_the_nose_moves_to_the_pictures_right() -> None:
    torch.testing.assert_close(rotation(yaw=30) @ NOSE, torch.tensor([0.5, 0.0, -(0.75**0.5)]))


def test_pitch_is_positive_where_the_nose_moves_up() -> None:
    torch.testing.assert_close(rotation(pitch=30) @ NOSE, torch.tensor([0.0, -0.5, -(0.75**0.5)]))


def test_roll_is_positive_where_the_head_tips_clockwise_in_the_picture() -> None:
    torch.testing.assert_close(rotation(roll=30) @ EAR, torch.tensor([0.75**0.5, 0.5, 0.0]))  # the right side goes down
    torch.testing.assert_close(rotation(roll=30) @ NOSE, NOSE)


def test_heads_yaw_first_then_pitch_then_roll() -> None:
    whole = rotation(roll=10, pitch=20, yaw=30)
    torch.testing.assert_close(whole, rotation(roll=10) @ rotation(pitch=20) @ rotation(yaw=30))


def test_rotations_are_those_that_the_faces_are_drawn_with() -> None:
    pose = (10.0, -20.0, 35.0)
    face = np.random.default_rng(0).normal(size=(9, 3))
    found = torch.from_numpy(face).float() @ rotation(roll=pose[0], pitch=pose[1], yaw=pose[2]).T
    np.testing.assert_allclose(found, turned(face, pose), atol=1e-6)


def test_angles_undo_rotations() -> None:
    given = (torch.rand(50, 3, generator=torch.Generator().manual_seed(0)) - 0.5) * 2.4  # to 69 degrees
    torch.testing.assert_close(angles(rotations(*given.unbind(1))), given, atol=1e-5, rtol=0)


def test_a_head_is_parted_into_pose_and_face_and_put_together_again(template: Tensor) -> None:
    heads = points(Look((5, -8, 20), 0.3), Look((-9, 4, -15), 0.0, 0.5), person=2)
    torch.testing.assert_close(align(heads, template).points(), heads, atol=1e-5, rtol=0)


def test_the_pose_of_a_drawn_head_is_the_one_it_was_drawn_with(template: Tensor) -> None:
    poses = [(5.0, -8.0, 20.0), (-9.0, 4.0, -15.0), (0.0, 0.0, 0.0)]
    aligned = align(points(*(Look(pose, mouth_open=0.1 * k) for k, pose in enumerate(poses))), template)
    torch.testing.assert_close(angles(aligned.rotation).rad2deg(), torch.tensor(poses), atol=0.05, rtol=0)
    torch.testing.assert_close(aligned.scale, torch.ones(3), atol=1e-3, rtol=0)


def test_a_larger_head_elsewhere_has_the_same_face(template: Tensor) -> None:
    head = points(Look((3, 6, -12), 0.15))
    aligned = align(head * 1.25 + torch.tensor([0.1, -0.2, 0.0]), template)
    torch.testing.assert_close(aligned.scale, torch.tensor([1.25]), atol=1e-3, rtol=0)
    torch.testing.assert_close(aligned.face, align(head, template).face, atol=1e-4, rtol=0)


def test_turning_a_head_does_not_change_its_face(template: Tensor) -> None:
    faces = align(points(Look((0, 0, 0), 0.2), Look((8, 10, 25), 0.2)), template).face
    torch.testing.assert_close(faces[0], faces[1], atol=1e-4, rtol=0)


def test_a_mirrored_head_is_no_rotation(template: Tensor) -> None:
    inside_out = points(Look()) * torch.tensor([1.0, 1.0, -1.0])
    assert float(torch.linalg.det(align(inside_out, template).rotation)) == pytest.approx(1, abs=1e-5)


@pytest.fixture
def people(template: Tensor) -> tuple[Aligned, Aligned, Aligned]:
    """A source, and a driver at rest and in motion."""
    source = align(points(Look((2, -4, 5), 0.1), person=1), template)
    zero, driving = (
        align(points(look, person=4), template) for look in (Look((0, 3, -6), 0.05), Look((6, 9, 14), 0.3))
    )
    return source, zero, driving


def test_a_driver_who_does_not_move_leaves_the_source_alone(people: tuple[Aligned, Aligned, Aligned]) -> None:
    source, zero, _ = people
    torch.testing.assert_close(relative(source, zero, zero), source.points(), atol=1e-5, rtol=0)


def test_ones_own_motion_leads_to_where_it_went(people: tuple[Aligned, Aligned, Aligned]) -> None:
    _, zero, driving = people
    torch.testing.assert_close(relative(zero, zero, driving), driving.points(), atol=1e-5, rtol=0)


def test_a_turn_is_added_to_the_sources_own(template: Tensor) -> None:
    source, zero, driving = (align(points(Look((0, 0, yaw))), template) for yaw in (5.0, -10.0, 10.0))
    reached = align(relative(source, zero, driving), template)
    assert float(angles(reached.rotation)[0, 2].rad2deg()) == pytest.approx(25, abs=0.1)


def test_growing_multiplies_and_moving_adds_in_the_sources_measure(people: tuple[Aligned, Aligned, Aligned]) -> None:
    source, zero, _ = people
    half = replace(source, scale=source.scale / 2)
    nearer = replace(zero, scale=zero.scale * 1.5)
    grown = relative(source, zero, nearer)
    spread = (grown - grown.mean(1, keepdim=True)).norm() / (source.points() - source.points().mean(1)).norm()
    assert float(spread) == pytest.approx(1.5, abs=1e-3)
    aside = replace(zero, centre=zero.centre + torch.tensor([[0.2, 0.0, 0.0]]))
    shift = (relative(half, zero, aside) - half.points()).mean(1)
    ratio = float(half.scale / zero.scale)
    torch.testing.assert_close(shift, torch.tensor([[0.2 * ratio, 0.0, 0.0]]), atol=1e-5, rtol=0)


def gaps(heads: Tensor, template: Tensor) -> Tensor:
    """(n, 3) between the inner lips, downwards in the face."""
    face = align(heads, template).face
    return torch.stack([face[:, lower, 1] - face[:, upper, 1] for upper, lower in INNER_LIPS], dim=1)


def gains(lips: float) -> Tensor:
    gains = torch.ones(71)
    gains[LIPS] = lips
    return gains


def test_the_mouth_opens_as_far_as_the_drivers(template: Tensor) -> None:
    source, zero, driving = (align(points(Look(mouth_open=gap)), template) for gap in (0.1, 0.05, 0.25))
    opened = gaps(relative(source, zero, driving), template) - gaps(source.points(), template)
    expected = gaps(driving.points(), template) - gaps(zero.points(), template)
    torch.testing.assert_close(opened, expected, atol=1e-4, rtol=0)
    twice = gaps(relative(source, zero, driving, gains(lips=2.0)), template) - gaps(source.points(), template)
    torch.testing.assert_close(twice, 2 * expected, atol=1e-3, rtol=0)


def test_a_gain_on_the_lips_leaves_the_rest_alone(template: Tensor) -> None:
    source, zero, driving = (align(points(Look(eye_left=eye)), template) for eye in (0.3, 0.3, 0.1))
    plain, doubled = (align(relative(source, zero, driving, gains(gain)), template).face for gain in (1.0, 2.0))
    others = np.setdiff1d(np.arange(71), LIPS)
    torch.testing.assert_close(plain[:, others], doubled[:, others], atol=1e-4, rtol=0)


def test_lips_that_close_stay_a_little_apart(template: Tensor) -> None:
    source, zero, driving = (align(points(Look(mouth_open=gap)), template) for gap in (0.02, 0.3, 0.0))
    shut = gaps(relative(source, zero, driving), template)
    torch.testing.assert_close(shut, torch.full((1, 3), 0.01), atol=1e-4, rtol=0)


def test_separate_keeps_lips_that_meet_a_little_apart_and_open_ones_as_they_are(template: Tensor) -> None:
    shut, opened = (align(points(Look(mouth_open=gap)), template) for gap in (0.0, 0.25))
    assert float(gaps(separate(shut).points(), template).min()) == pytest.approx(0.01, abs=1e-4)
    torch.testing.assert_close(separate(opened).points(), opened.points(), atol=1e-5, rtol=0)


def test_splines_of_separated_lips_do_not_fold(template: Tensor) -> None:
    """Down a line through closed lips, what is sampled of the layout goes down too, from the upper lip to the lower."""
    crossed = points(Look(mouth_open=0.0))
    for upper, lower in INNER_LIPS:
        crossed[:, upper, 1] += 0.01
        crossed[:, lower, 1] -= 0.01
    splines = SplineFlows(template[:, :2], 128)
    down = torch.linspace(-0.06, 0.06, 61)

    def steps(of: Tensor) -> Tensor:
        middle = of[:, [62, 66], :2].mean(1)
        line = torch.stack([middle[:, :1].expand(1, 61), middle[:, 1:] + down], dim=2)
        return seen_at(splines.to_layout(of[..., :2]), line)[0, :, 1].diff()

    assert float(steps(crossed).min()) < 0
    assert float(steps(separate(align(crossed, template)).points()).min()) > 0
