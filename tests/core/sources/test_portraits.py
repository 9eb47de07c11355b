"""Which pictures of a film become sources."""

from __future__ import annotations

import numpy as np

from x2face_core.sources.portraits import complementary, farthest, nearest, shut_last


def test_the_first_chosen_is_the_typical_one_and_the_next_the_farthest() -> None:
    points = np.array([[0.0], [1.0], [1.1], [5.0]])
    assert farthest(points, 2) == [1, 3]
    assert farthest(points, 9) == [1, 3, 0, 2]


def test_the_nearest_are_those_around_the_median() -> None:
    points = np.array([[-9.0], [0.0], [0.5], [1.0], [9.5]])
    assert nearest(points, 3) == [2, 1, 3] or nearest(points, 3) == [2, 3, 1]
    assert len(nearest(points, 99)) == 5


def test_a_typical_one_an_open_mouth_and_the_farthest_complement_one_another() -> None:
    points = np.array([[0.0], [0.5], [1.0], [-4.0], [3.0]])
    mouth = np.array([0.02, 0.01, 0.09, 0.03, 0.0])
    assert complementary(points, mouth, 1) == [0]
    assert complementary(points, mouth, 3) == [0, 2, 3]
    assert complementary(points, np.zeros(5), 3) == [0, 3, 4]  # nothing is told of mouths
    assert sorted(complementary(points, mouth, 9)) == [0, 1, 2, 3, 4]


def test_shut_eyes_are_chosen_last() -> None:
    assert shut_last(np.array([0.3, 0.05, 0.31, 0.32, 0.06, 0.3, 0.3, 0.3])).tolist() == [0, 2, 3, 5, 6, 7, 1, 4]
    assert shut_last(np.zeros(3)).tolist() == [0, 1, 2]
