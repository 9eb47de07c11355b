"""Landmarks of generated frames beside the true ones."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_lab.evaluation.keypoints import add_keypoints, jitter
from x2face_lab.evaluation.tally import Tally

from ...tracks import Look, landmarks


def film(*shifts: float) -> np.ndarray:
    """The drawn face moved to the right by so many pixels of 256."""
    return np.stack([landmarks(Look()) + [shift / 256, 0, 0] for shift in shifts])


def test_the_distance_is_in_pixels_and_depth_does_not_count() -> None:
    tally = Tally()
    add_keypoints(tally, "anna", film(0, 0), film(3, 5) + [0, 0, 0.5])
    assert tally.mean("akd") == pytest.approx(4)
    assert tally.mean("missing") == 0


def test_a_face_that_is_lost_is_missing_and_has_no_distance() -> None:
    true, made = film(0, 0, 0, 0), film(2, 2, 2, 2)
    made[1], made[3], true[3] = np.nan, np.nan, np.nan
    tally = Tally()
    add_keypoints(tally, "anna", true, made)
    assert tally.mean("missing") == pytest.approx(1 / 3)  # where no face is, none can be lost
    assert (tally.count("akd"), tally.mean("akd")) == (2, pytest.approx(2))


def test_steady_motion_does_not_jitter_and_a_step_to_and_fro_does() -> None:
    assert jitter(film(0, 2, 4, 6)) == pytest.approx([0, 0], abs=1e-9)
    assert jitter(film(0, 1, 0)) == pytest.approx([2])
    lost = film(0, 1, 0, 1)
    lost[1] = np.nan
    assert len(jitter(lost)) == 0
