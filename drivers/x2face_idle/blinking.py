"""A random sequence of blinks, and the closure of the lids over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FIRST = (1.0, 3.0)  # seconds until the first blink
GAP = (2.0, 6.0)  # seconds from one blink to the next; at rest people blink 15 to 20 times a minute
DOUBLE, AGAIN = 0.15, 0.4  # share of double blinks, and seconds between the two
CLOSING, SHUT, OPENING = 0.10, 0.04, 0.20  # seconds


class Blinks:
    """Lid closure at ascending times; the same generator gives the same blinks at any frame rate."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._coming = onsets(rng)
        self._current: deque[float] = deque([next(self._coming)])  # onsets; the last one is in the future

    def closed(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times (n,) in seconds to lid closure (n,), from 0 (open) to 1 (closed)."""
        while self._current[-1] <= times[-1]:
            self._current.append(next(self._coming))
        while self._current[0] + CLOSING + SHUT + OPENING < times[0]:
            self._current.popleft()
        closed: NDArray[np.float64] = np.max([shape(times - onset) for onset in self._current], axis=0)
        return closed


def onsets(rng: np.random.Generator) -> Iterator[float]:
    """Yield the onsets of blinks in seconds, endlessly."""
    now = rng.uniform(*FIRST)
    while True:
        yield now
        if rng.random() < DOUBLE:
            yield now + AGAIN
        now += rng.uniform(*GAP)


def shape(since: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lid closure at times after the onset of a blink: fast closing, slow opening, smooth."""
    down = np.clip(since / CLOSING, 0, 1)
    up = np.clip((since - CLOSING - SHUT) / OPENING, 0, 1)
    return smooth(down) - smooth(up)


def smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smoothstep from 0 to 1, with zero slope at both ends."""
    return share * share * (3 - 2 * share)
