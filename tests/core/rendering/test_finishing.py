"""Smoothing, sharpening, and the colours of a face that is pasted back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from x2face_core.rendering.finishing import ColourMatch, sharpened
from x2face_core.streaming.resampling import Row
from x2face_core.streaming.smoothing import smoothed


def rows(values: list[float]) -> Iterator[Row]:
    for k, value in enumerate(values):
        yield Row(np.array([value]), k)


def test_smoothing_averages_by_a_gaussian() -> None:
    found = [float(row.vector[0]) for row in smoothed(rows([0, 0, 0, 0, 1, 0, 0, 0, 0]), 1.0)]
    weights = np.exp(-np.square(np.arange(-3, 4)) / 2)
    assert found[1:8] == pytest.approx(weights / weights.sum(), abs=2e-3)
    assert len(found) == 9


def test_what_is_constant_stays_and_pictures_stay_with_their_rows() -> None:
    found = list(smoothed(rows([3.0] * 6), 2.0))
    assert [float(row.vector[0]) for row in found] == pytest.approx([3.0] * 6)
    assert [row.picture for row in found] == [0, 1, 2, 3, 4, 5]


def test_smoothing_reads_no_further_ahead_than_it_needs() -> None:
    read: list[int] = []

    def noted() -> Iterator[Row]:
        for row in rows([0.0] * 50):
            read.append(row.picture)
            yield row

    next(iter(smoothed(noted(), 1.0)))
    assert len(read) == 4  # the row itself and three after it


def test_sharpening_steepens_an_edge_and_keeps_flat_parts() -> None:
    picture = np.full((128, 128, 3), 100, np.uint8)
    picture[:, 64:] = 150
    sharp = sharpened(picture, 1.0).astype(int)
    assert sharp[64, 63, 0] < 95 and sharp[64, 64, 0] > 155
    assert (sharp[:, :50] == 100).all() and (sharp[:, 80:] == 150).all()


def test_a_pasted_face_takes_the_colours_of_the_edge_it_replaces() -> None:
    source, made = np.full((40, 40, 3), (100, 110, 120), np.uint8), np.full((40, 40, 3), (90, 110, 125), np.uint8)
    made[20, 20] = 200
    match = ColourMatch(source)
    first = match.on(made)
    assert first[0, 0].tolist() == [100, 110, 120]
    assert first[20, 20].tolist() == [210, 200, 195]
    assert match.on(source)[0, 0].tolist() == [109, 110, 116]  # nine tenths of the change stay for a frame


def test_colours_are_changed_within_bounds() -> None:
    far = ColourMatch(np.full((40, 40, 3), 200, np.uint8)).on(np.full((40, 40, 3), 20, np.uint8))
    assert (far == 44).all()
