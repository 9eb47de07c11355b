"""Composition, on drivers made by hand with vectors of two numbers; the source's own vector is (1, 2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from x2face_core.errors import UsageError
from x2face_core.streaming.composing import compose

from ...acting import active
from .hands import Rising, Rows, Still, part, vectors_of


def test_an_offset_is_added_to_the_source() -> None:
    assert vectors_of(part([[0, 0], [3, 4]])) == [[1, 2], [4, 6]]


def test_an_absolute_driver_is_followed_to_the_last_bit() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    followed = [row.vector for row in compose([part(rows.tolist(), relative=False)], Still()).rows]
    assert np.array_equal(np.array(followed, dtype=np.float32), rows)


def test_offsets_are_added_to_an_absolute_driver() -> None:
    assert vectors_of(part([[5, 5], [6, 6]], relative=False), part([[1, 0], [2, 0]])) == [[6, 5], [8, 6]]


def test_the_order_of_drivers_does_not_matter() -> None:
    parts = [
        part([[0.1, 0.2], [0.3, 0.7]]),
        part([[5, 5], [6, 6]], relative=False),
        part([[1e-3, 3], [7, 0.9]], holds=("first",)),
    ]
    there = np.array(vectors_of(*parts))
    parts = [replace(one, driver=Rows(one.driver.rows)) for one in reversed(parts)]
    assert np.abs(np.array(vectors_of(*parts)) - there).max() < 1e-12


def test_two_absolute_drivers_are_refused() -> None:
    with pytest.raises(UsageError, match="only one"):
        vectors_of(part([[0, 0]], relative=False), part([[0, 0]], relative=False))


def test_nothing_but_endless_drivers_need_seconds() -> None:
    endless = active("rising", Rising(), endless=True)
    with pytest.raises(UsageError, match="--seconds"):
        vectors_of(endless)
    assert vectors_of(endless, seconds=0.08, fps=25) == [[1, 2], [2, 3]]


def test_the_shortest_finite_driver_ends_the_film() -> None:
    assert len(vectors_of(part([[0, 0]] * 5), part([[0, 0]] * 3), active("rising", Rising(), endless=True))) == 3


def test_an_endless_driver_is_told_the_films_rate() -> None:
    rows = vectors_of(part([[0, 0]] * 3, fps=50.0), active("rising", Rising(), endless=True))
    assert rows == [[1, 2], [2, 3], [3, 4]]


def test_the_rate_is_the_absolute_drivers_else_the_first_finite_ones() -> None:
    offset, absolute = part([[0, 0]] * 4, fps=20.0), part([[0, 0]] * 4, fps=10.0, relative=False)
    assert compose([offset, absolute], Still()).fps == 10
    assert compose([active("r", Rising(), endless=True), offset], Still()).fps == 20
    assert compose([part([[0, 0]] * 4)], Still(), fps=60).fps == 60


def test_the_number_of_frames_is_known_where_the_driver_says_it() -> None:
    driver = Rows([[0, 0]] * 4)
    driver.frames = 4
    assert compose([active("known", driver)], Still(), fps=20).frames == 8
    assert compose([active("known", driver)], Still(), fps=20, seconds=0.1).frames == 2
    assert compose([part([[0, 0]])], Still()).frames is None


def test_the_meter_is_the_root_mean_square_of_the_offset() -> None:
    composed = compose([part([[3, 4], [0, 0]]), part([[1, 2], [2, 4]], relative=False)], Still())
    list(composed.rows)
    assert composed.meters[0].rms == pytest.approx(2.5)  # sqrt((9 + 16) / 4)
    assert composed.meters[1].rms == pytest.approx(np.sqrt(5 / 4))  # offsets (0, 0) and (1, 2)
