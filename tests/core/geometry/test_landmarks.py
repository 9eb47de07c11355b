"""The order of the landmarks, the forehead, and the layout of the embedded face."""

from __future__ import annotations

import numpy as np

from tests.tracks import Look, landmarks
from x2face_core.geometry.landmarks import MIRROR, POINTS, canonical_layout, with_forehead


def faces(*looks: Look) -> np.ndarray:
    return np.stack([landmarks(look) for look in looks]).astype(np.float32)


def test_mirroring_twice_changes_nothing() -> None:
    assert sorted(MIRROR) == list(range(POINTS))
    assert (MIRROR[MIRROR] == np.arange(POINTS)).all()


def test_a_symmetric_face_is_its_own_mirror_image() -> None:
    (face,) = with_forehead(faces(Look(mouth_open=0.2)))
    np.testing.assert_allclose(face[MIRROR] * [-1, 1, 1], face, atol=1e-6)


def test_a_face_turned_left_is_the_mirror_image_of_one_turned_right() -> None:
    left, right = with_forehead(faces(Look((5, 8, -20), eye_left=0.1), Look((-5, 8, 20), eye_right=0.1)))
    np.testing.assert_allclose(left[MIRROR] * [-1, 1, 1], right, atol=1e-6)


def test_the_middle_of_the_crop_is_zero_and_its_border_one() -> None:
    corners = np.zeros((1, 68, 3), np.float32)
    corners[0, :3] = [[0.5, 0.5, 0.25], [0, 1, 0], [1, 0, -0.5]]
    assert with_forehead(corners)[0, :3].tolist() == [[0, 0, 0.5], [-1, 1, 0], [1, -1, -1]]


def test_the_forehead_lies_over_the_brows_by_shares_of_the_face() -> None:
    (face,) = with_forehead(faces(Look()))
    height = face[27] - face[8]  # from the chin to the bridge of the nose
    np.testing.assert_allclose(face[68], face[18] + 0.35 * height, atol=1e-6)
    np.testing.assert_allclose(face[69], (face[21] + face[22]) / 2 + 0.45 * height, atol=1e-6)
    np.testing.assert_allclose(face[70], face[25] + 0.35 * height, atol=1e-6)
    assert (face[68:, 1] < face[17:27, 1].min()).all()


def test_the_layout_has_the_mouth_of_those_who_open_it_widest() -> None:
    shut, wide = [Look((0, 0, 0), 0.02)] * 17, [Look((0, 0, 0), 0.3)] * 3
    layout = canonical_layout(with_forehead(faces(*shut, *wide)), openness=0.85)
    (expected,) = with_forehead(faces(wide[0]))
    np.testing.assert_allclose(layout, expected, atol=1e-6)


def test_the_layout_is_symmetric() -> None:
    layout = canonical_layout(with_forehead(faces(Look((3, 5, 12), 0.2, eye_left=0.1), Look((-9, 0, 4), 0.25))))
    np.testing.assert_allclose(layout[MIRROR] * [-1, 1, 1], layout, atol=1e-6)
    assert layout.shape == (POINTS, 3)
    assert layout.dtype == np.float32
