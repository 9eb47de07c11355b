"""Which pictures of a film become sources."""

from __future__ import annotations

import numpy as np

from x2face_core.sources.portraits import farthest, nearest


def test_the_first_chosen_is_the_typical_one_and_the_next_the_farthest() -> None:
    points = np.array([[0.0], [1.0], [1.1], [5.0]])
    assert farthest(points, 2) == [1, 3]
    assert farthest(points, 9) == [1, 3, 0, 2]


def test_the_nearest_are_those_around_the_median() -> None:
    points = np.array([[-9.0], [0.0], [0.5], [1.0], [9.5]])
    assert nearest(points, 3) == [2, 1, 3] or nearest(points, 3) == [2, 3, 1]
    assert len(nearest(points, 99)) == 5
