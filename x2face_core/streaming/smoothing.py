"""Smoothing of driving vectors over time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np

from x2face_core.streaming.resampling import Row
from x2face_core.streaming.streams import close

_REACH = 2.5  # standard deviations


def smoothed(rows: Iterator[Row], frames: float) -> Generator[Row]:
    """Rows whose vectors are averaged by a Gaussian over time; the first and the last frames have fewer neighbours.

    frames: its standard deviation; as many rows as 2.5 of it are read ahead. Pictures stay with their rows.
    """
    reach = math.ceil(_REACH * frames)
    window: deque[Row] = deque()  # up to `reach` rows before the current one, the current one, and those after it
    before = 0
    try:
        for row in rows:
            window.append(row)
            if len(window) - before > reach:
                yield _mean(window, before, frames)
                before = _advance(window, before, reach)
        while before < len(window):
            yield _mean(window, before, frames)
            before = _advance(window, before, reach)
    finally:
        close(rows)


def _advance(window: deque[Row], before: int, reach: int) -> int:
    """The number of rows before the next current one, of which `reach` are kept."""
    if before < reach:
        return before + 1
    window.popleft()
    return before


def _mean(window: deque[Row], at: int, frames: float) -> Row:
    weights = np.exp(-np.square(np.arange(len(window)) - at) / (2 * frames**2))
    vectors = np.stack([row.vector for row in window])
    return replace(window[at], vector=weights @ vectors / weights.sum())
