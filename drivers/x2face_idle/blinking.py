"""When eyes blink, and how far they are closed at any moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FIRST = (1.0, 3.0)  # seconds until the first blink
GAP = (2.0, 6.0)  # seconds from one blink to the next; at rest people blink 15 to 20 times a minute
DOUBLE, AGAIN = 0.15, 0.4  # the share of blinks that come in pairs, and the seconds between the two
CLOSING, SHUT, OPENING = 0.10, 0.04, 0.20  # seconds


class Blinks:
    """Asked for times that never go back; the same rng give the same blinks at any frame rate."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._coming = onsets(rng)
        self._current: deque[float] = deque([next(self._coming)])  # the last one lies ahead of what was asked

    def closed(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) seconds to (n,), from 0, open, to 1, closed."""
        while self._current[-1] <= times[-1]:
            self._current.append(next(self._coming))
        while self._current[0] + CLOSING + SHUT + OPENING < times[0]:
            self._current.popleft()
        return np.max([shape(times - onset) for onset in self._current], axis=0)  # type: ignore[no-any-return]


def onsets(rng: np.random.Generator) -> Iterator[float]:
    """When blinks begin, in seconds, for ever."""
    now = rng.uniform(*FIRST)
    while True:
        yield now
        if rng.random() < DOUBLE:
            yield now + AGAIN
        now += rng.uniform(*GAP)


def shape(since: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a lid is closed so many seconds after a blink began: quickly down, slowly up, no corner in between."""
    down = np.clip(since / CLOSING, 0, 1)
    up = np.clip((since - CLOSING - SHUT) / OPENING, 0, 1)
    return smooth(down) - smooth(up)


def smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 to 1, level at both ends."""
    return share * share * (3 - 2 * share)
