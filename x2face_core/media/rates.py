"""Frame rates, and resampling of irregular frames to a constant rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import repeat
from math import ceil, floor
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_WHOLE = (5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
_COMMON = sorted(
    [Fraction(r) for r in _WHOLE] + [Fraction(r * 1000, 1001) for r in (24, 30, 60, 120)] + [Fraction(25, 2)]
)


class Timed(NamedTuple):
    """Start and duration of a frame, in seconds."""

    start: float
    lasts: float


def snapped(rate: float | Fraction) -> float:
    """Round a measured rate to a common one within 1 %: 29.83 becomes 29.97."""
    rate = float(rate)
    near = _nearest(rate)
    return float(near) if abs(float(near) - rate) <= near / 100 else round(rate, 3)


def exact(fps: float) -> Fraction:
    """The rate as an exact fraction for containers: 29.97 becomes 30000/1001."""
    near = _nearest(fps)
    return near if abs(float(near) - fps) < 2e-3 else Fraction(fps).limit_denominator(1000)


def frames_within(seconds: float | None, fps: float) -> int | None:
    """Number of frames that are read for `seconds` of film: one more than it has, to interpolate; None: all."""
    return None if seconds is None else ceil(seconds * fps) + 1


def _nearest(rate: float) -> Fraction:
    return min(_COMMON, key=lambda common: abs(float(common) - rate))


def at_rate(items: Iterable[tuple[Timed, T]], fps: float) -> Iterator[T]:
    """Repeat and drop items to a constant rate: output frame k is the item nearest to k/fps seconds.

    items: in order; the first start counts as 0, an item that goes back in time replaces the previous one
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
    """Counts output frames (ticks), and keeps the start of the current item."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.zero: float | None = None
        self.tick = 0
        self.now = Timed(0.0, 0.0)

    def take(self, time: Timed) -> None:
        """Make the item shown at `time` the current one."""
        if self.zero is None:
            self.zero = time.start
        self.now = time

    def ticks_until(self, time: Timed) -> int:
        """Number of output frames of the current item before one at `time` replaces it."""
        return self._fill(time.start)

    def ticks_left(self) -> int:
        """Number of output frames of the last item, for its duration; at least one in all."""
        count = self._fill(self.now.start + (self.now.lasts or 1 / self.fps))
        return count if self.tick else 1

    def _fill(self, until: float) -> int:
        last = floor((until - (self.zero or 0.0)) * self.fps + 0.5)
        count = max(0, last - self.tick)
        self.tick += count
        return count
