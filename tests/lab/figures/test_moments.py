"""Moments are where it is worth looking."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_lab.figures.moments import evenly, in_turn, turning_points, unlike


def test_turning_points_are_the_ends_and_where_it_turns() -> None:
    assert turning_points(np.array([0.0, 1, 2, 1, 0, 3])) == [0, 2, 4, 5]


def test_of_a_level_stretch_the_start_is_its_turning_point() -> None:
    assert turning_points(np.array([0.0, 2, 2, 2, 1, 1])) == [0, 1, 4]
    assert turning_points(np.ones(5)) == []


def test_moments_are_highest_and_lowest_in_turn() -> None:
    curve = np.random.default_rng(0).normal(size=200).cumsum()
    for count in (2, 3, 8, 9):
        moments = in_turn(curve, count)
        assert len(moments) == count and moments == sorted(moments)
        signs = np.sign(np.diff(curve[moments]))
        assert (signs[1:] == -signs[:-1]).all()


def test_the_widest_swings_remain() -> None:
    curve = np.array([0.0, 5, 4.9, 5.2, 1, 1.1, 0.9, 6])
    assert in_turn(curve, 4) == [0, 3, 6, 7]
    assert in_turn(curve, 3) == [0, 3, 6]


@pytest.mark.parametrize("length", [1, 3, 50])
def test_a_level_curve_gives_evenly_spaced_moments(length: int) -> None:
    assert in_turn(np.zeros(length), 4) == evenly(length, 4)
    assert evenly(50, 3) == [0, 24, 49]
    assert evenly(3, 8) == [0, 1, 2]


def test_unlike_moments_are_the_given_ones_and_those_far_from_them() -> None:
    points = np.array([[0.0], [1], [9], [10], [5]])
    assert unlike(points, [0, 3], 3) == [0, 3, 4]


def test_moments_that_are_all_alike_are_shown_once() -> None:
    assert unlike(np.zeros((5, 2)), [0, 0], 4) == [0]
