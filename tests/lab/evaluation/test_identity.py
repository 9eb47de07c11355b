"""Face shapes of drawn people, whose landmarks are known in every pose."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_lab.evaluation.identity import Faces, identity

from ...tracks import Look, landmarks

POSES = [(0, 0, 0), (5, -6, 12), (-4, 8, -14), (3, 3, 9)]


def seen(person: int, *, upright: bool = False) -> np.ndarray:
    return np.stack([landmarks(Look(pose=pose), person) for pose in (POSES[:1] if upright else POSES)])


def test_a_face_that_keeps_its_shape_is_the_sources() -> None:
    found = identity([Faces(seen(0, upright=True), seen(4), seen(0)), Faces(seen(5, upright=True), seen(1), seen(5))])
    assert found["nearer_source"] == 1
    assert found["to_source"] < 0.2 * found["to_driver"]
    assert found["to_driver"] == pytest.approx(found["apart"], rel=0.2)
    assert abs(found["leak"]) < 0.1


def test_a_face_that_takes_its_drivers_shape_is_told() -> None:
    found = identity([Faces(seen(0, upright=True), seen(4), seen(4))])
    assert found["nearer_source"] == 0
    assert found["leak"] == pytest.approx(1, abs=0.1)


def test_size_and_place_in_the_picture_are_no_shape() -> None:
    moved = 0.7 * seen(0) + [0.2, -0.1, 0.3]
    here, there = (identity([Faces(seen(0, upright=True), seen(4), film)]) for film in (seen(0), moved))
    assert there == pytest.approx(here, abs=1e-6)


def test_a_film_without_any_face_is_left_out() -> None:
    lost = np.full((3, 68, 3), np.nan)
    assert identity([Faces(seen(0), seen(4), lost)]) == {}
    kept = Faces(seen(0, upright=True), seen(4), np.concatenate([lost, seen(0)]))
    assert identity([kept, Faces(lost, seen(1), seen(2))]) == identity([kept])
