"""Frame rates, and bringing irregular times to a constant rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import repeat
from math import floor
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_WHOLE = (5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
_COMMON = sorted(
    [Fraction(r) for r in _WHOLE] + [Fraction(r * 1000, 1001) for r in (24, 30, 60, 120)] + [Fraction(25, 2)]
)


class Timed(NamedTuple):
    """When something is shown and for how long, in seconds."""

    start: float
    lasts: float


def snapped(rate: float | Fraction) -> float:
    """A rate, or the common one within a hundredth of it: 29.83 is 29.97 measured badly."""
    rate = float(rate)
    near = _nearest(rate)
    return float(near) if abs(float(near) - rate) <= near / 100 else round(rate, 3)


def exact(fps: float) -> Fraction:
    """The rate as a fraction that containers can hold: 29.97 is 30000/1001."""
    near = _nearest(fps)
    return near if abs(float(near) - fps) < 2e-3 else Fraction(fps).limit_denominator(1000)


def _nearest(rate: float) -> Fraction:
    return min(_COMMON, key=lambda common: abs(float(common) - rate))


def at_rate(items: Iterable[tuple[Timed, T]], fps: float) -> Iterator[T]:
    """Repeat and drop items so that one comes every 1/fps seconds; tick k shows the item nearest to k/fps.

    items: in order; the first one's start is taken as 0, an item that goes back in time replaces the one before
    """
    clock = _Clock(fps)
    waiting: T | None = None
    for time, item in items:
        if waiting is not None:
            yield from repeat(waiting, clock.ticks_until(time))
        clock.take(time)
        waiting = item
    if waiting is not None:
        yield from repeat(waiting, clock.ticks_left())


class _Clock:
    """Which tick comes next, and from when the present item is shown."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.zero: float | None = None
        self.tick = 0
        self.now = Timed(0.0, 0.0)

    def take(self, time: Timed) -> None:
        """The present item is the one shown at `time`."""
        if self.zero is None:
            self.zero = time.start
        self.now = time

    def ticks_until(self, time: Timed) -> int:
        """How many ticks the present item fills before one at `time` takes over."""
        return self._fill(time.start)

    def ticks_left(self) -> int:
        """How many ticks the last item fills: as long as it lasts, at least one if none came yet."""
        count = self._fill(self.now.start + (self.now.lasts or 1 / self.fps))
        return count if self.tick else 1

    def _fill(self, until: float) -> int:
        last = floor((until - (self.zero or 0.0)) * self.fps + 0.5)
        count = max(0, last - self.tick)
        self.tick += count
        return count
