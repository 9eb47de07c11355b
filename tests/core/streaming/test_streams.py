"""Streams in threads: the newest of what comes in, and reading ahead."""

from __future__ import annotations

import threading
from itertools import islice
from typing import Any

import numpy as np
import pytest

from x2face_core.errors import InputError
from x2face_core.streaming.resampling import Row
from x2face_core.streaming.streams import Latest, paced, prefetch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_a_silent_live_driver_stalls_nothing() -> None:
    silence = threading.Event()

    def stream() -> Any:
        yield Row(np.array([7.0]))
        silence.wait(600)

    newest = Latest(stream())
    while newest.take()[0] is None:
        pass
    clock = Clock()
    rows = list(islice(paced(newest, Row(np.zeros(1)), 10.0, lambda: clock.now, clock.wait), 3))
    assert [row.vector[0] for row in rows] == [7, 7, 7]
    assert clock.now == pytest.approx(0.2)
    silence.set()


def test_a_live_driver_rests_until_its_first_row() -> None:
    silence = threading.Event()

    def stream() -> Any:
        silence.wait(600)
        yield Row(np.array([7.0]))

    clock = Clock()
    first = next(iter(paced(Latest(stream()), Row(np.zeros(1)), 10.0, lambda: clock.now, clock.wait)))
    assert first.vector[0] == 0
    silence.set()


def test_a_live_drivers_error_reaches_the_film() -> None:
    def stream() -> Any:
        yield Row(np.array([7.0]))
        raise InputError("unplugged")

    with pytest.raises(InputError, match="unplugged"):
        for _ in paced(Latest(stream()), Row(np.zeros(1)), 1000.0):
            pass


def test_reading_ahead_changes_nothing() -> None:
    assert list(prefetch(range(20), 3)) == list(range(20))


def test_reading_ahead_stays_within_its_limit() -> None:
    made: list[int] = []
    items = prefetch((made.append(k) or k for k in range(1000)), 3)
    assert next(items) == 0
    items.close()
    assert len(made) <= 6


def test_an_error_ahead_comes_after_what_was_made_before_it() -> None:
    def items() -> Any:
        yield 1
        raise InputError("cut short")

    stream = prefetch(items())
    assert next(stream) == 1
    with pytest.raises(InputError, match="cut short"):
        next(stream)
