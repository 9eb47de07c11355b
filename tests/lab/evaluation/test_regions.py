"""The parts of a picture, on drawn faces whose landmarks are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from x2face_lab.evaluation.regions import NEAR, between_lips, regions_of
from x2face_lab.evaluation.sharpness import sharpness

from ...tracks import Look, landmarks


def test_each_pixel_belongs_to_one_region() -> None:
    regions = regions_of(landmarks(Look(pose=(10.0, 5.0, 20.0))), 64)
    assert (regions.sum(dim=0) == 1).all()
    assert all(region.any() for region in regions)


def test_the_face_holds_nose_and_chin_and_the_corners_are_far() -> None:
    points = landmarks(Look())
    face, near, far = regions_of(points, 64)
    for landmark in (8, 30, 36, 45, 57):  # chin, tip of the nose, corners of the eyes, lower lip
        x, y = np.clip(points[landmark, :2] * 64 + [0, -0.6], 0, 63).astype(int)
        assert face[y, x], landmark
    assert far[0, 0] and far[-1, -1]
    chin = round(float(points[8, 1]) * 64)
    assert near[chin + 2, 32]


def test_near_reaches_as_far_as_it_says() -> None:
    face, near, _ = regions_of(landmarks(Look()), 256)
    row = 128  # the sides of the drawn face are steep there
    reach = NEAR * float(face.sum()) ** 0.5
    left = int(face[row].int().argmax())
    assert near[row, :left].sum() == pytest.approx(reach, rel=0.1)


def test_a_larger_face_has_larger_regions() -> None:
    points = landmarks(Look())
    middle = points.mean(axis=0)
    face, near, _ = regions_of(points, 128)
    small_face, small_near, _ = regions_of(middle + (points - middle) / 2, 128)
    assert float(face.sum() / small_face.sum()) == pytest.approx(4, rel=0.05)
    assert small_near.sum() < near.sum()


def test_between_the_lips_is_the_hexagon_that_is_drawn() -> None:
    opening, side = 0.2, 1024
    half, gap = 0.4 * 0.65 / 2, opening * 0.65 / 2  # as tests/tracks.py draws them, in normalised coordinates
    area = gap * ((0.8 + 1.8) * half)  # above and below the corners a trapezium each, 1.8 and 0.8 halves wide
    lips = between_lips(landmarks(Look(mouth_open=opening)), side)
    assert float(lips.sum()) == pytest.approx(area * (side / 2) ** 2, rel=0.02)
    rows, columns = torch.nonzero(lips, as_tuple=True)
    assert float(rows.double().mean()) == pytest.approx((0.5 + 0.25 / 2) * side - 0.5, abs=0.6)
    assert float(columns.double().mean()) == pytest.approx(side / 2 - 0.5, abs=0.6)


def test_closed_lips_leave_nothing_between() -> None:
    assert not between_lips(landmarks(Look(mouth_open=0.0)), 128).any()


def test_a_ramp_is_as_sharp_as_it_is_steep() -> None:
    ramp = torch.linspace(0, 1, 33).expand(1, 3, 33, 33)
    everywhere = torch.ones(33, 33, dtype=torch.bool)
    assert sharpness(ramp, everywhere).item() == pytest.approx(1 / 32, rel=1e-4)
    assert sharpness(ramp.mT / 2, everywhere).item() == pytest.approx(1 / 64, rel=1e-4)


def test_a_double_image_is_less_sharp_by_the_root_of_two() -> None:
    everywhere = torch.ones(32, 32, dtype=torch.bool)
    edge = torch.zeros(1, 3, 32, 32)
    edge[..., 10:] = 1
    beside = torch.zeros(1, 3, 32, 32)
    beside[..., 20:] = 1
    ghost = (edge + beside) / 2
    assert (sharpness(ghost, everywhere) / sharpness(edge, everywhere)).item() == pytest.approx(0.5**0.5, rel=1e-3)


def test_sharpness_outside_the_mask_does_not_count() -> None:
    picture = torch.zeros(1, 3, 32, 32)
    picture[..., 20:] = 1
    left = torch.zeros(32, 32, dtype=torch.bool)
    left[:, :16] = True
    assert sharpness(picture, left).item() == 0
