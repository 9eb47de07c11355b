"""Streams at the film's rate."""

from __future__ import annotations

from itertools import islice

import numpy as np
import torch

from x2face_core.driving import Chunk
from x2face_core.streaming.composing import compose
from x2face_core.streaming.resampling import resample

from ...acting import active
from .hands import Rows, Still, Yields


def rows_at(fps: float, *values: float, rate: float = 10.0) -> list[float]:
    chunks = [Chunk(np.array([[value]], dtype=float), rate) for value in values]
    return [round(float(row.vector[0]), 9) for row in resample(chunks, fps)]


def test_a_stream_at_the_films_rate_stays_as_it_is() -> None:
    assert rows_at(10, 1, 5, 2) == [1, 5, 2]


def test_a_slower_stream_is_filled_linearly_and_its_last_row_is_held() -> None:
    assert rows_at(20, 0, 4) == [0, 2, 4, 4]
    assert rows_at(30, 0, 3, 0) == [0, 1, 2, 3, 2, 1, 0, 0, 0]


def test_a_faster_stream_loses_rows() -> None:
    assert rows_at(5, 0, 1, 2, 3) == [0, 2]
    assert rows_at(4, 0, 1, 2, 3, 4) == [0, 2.5]  # at 0 and 0.25 of 0.5 s


def test_a_broadcast_rate_does_not_drift() -> None:
    rate = 30000 / 1001
    assert rows_at(rate, *range(1000), rate=rate) == list(range(1000))


def test_one_frame_pulls_at_most_two_rows() -> None:
    for fps, pulled in ((10.0, 1), (15.0, 1)):
        driver = Rows([[0, 0]] * 9)
        next(compose([active("counting", driver)], Still(), fps=fps).rows)
        assert driver.pulled == pulled
    driver = Rows([[0, 0]] * 9)
    list(islice(compose([active("counting", driver)], Still(), fps=15.0).rows, 2))
    assert driver.pulled == 2


def test_a_pictures_row_goes_with_its_vector() -> None:
    chunk = Chunk(np.zeros((2, 2)), 10.0, torch.arange(2.0)[:, None, None, None].expand(2, 3, 4, 4))
    rows = list(compose([active("shows", Yields([chunk]))], Still(), fps=20.0).rows)
    assert [float(row.picture[0, 0, 0]) for row in rows] == [0, 1, 1, 1]
