"""The times that a file's packets carry, made one clock: it never goes back and never waits longer than a second.

Films are joined without setting their clocks (two .ts files become one), recordings pause, and clocks are broken. So
what a file says of its length or its rate is not believed; the times of its packets are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

GAP = 1.0  # seconds in which nothing comes; a longer gap is closed
BACK = 0.25  # seconds; a clock that goes back further starts anew
FASTEST = 250  # frames a second; shorter differences are a clock's rounding, not a rate
_NEAR = 0.1  # seconds: how far outside a stretch a time still belongs to it
_STRAY = 10.0  # seconds between a packet and both its neighbours; more is a broken time
_REORDERED = 8  # packets: frames that are shown before one that was decoded earlier follow it within so many
_AHEAD = 64  # stretches that are looked at for the one a time belongs to


@dataclass(frozen=True)
class Segment:
    """Times without a jump.

    low, high: the file's own times, in seconds, of its first and last packet
    shift: what is to be added to them
    lasts: how long the last packet lasts
    """

    low: float
    high: float
    shift: float = 0.0
    lasts: float = 0.0

    @property
    def end(self) -> float:
        """When it is over, on the one clock."""
        return self.high + self.lasts + self.shift

    def starting_at(self, start: float) -> Segment:
        """The same, to begin at `start`."""
        return replace(self, shift=start - self.low)

    def overlaps(self, other: Segment, within: float = GAP) -> bool:
        """Whether both have times in common, or nearly so."""
        return other.low <= self.high + self.lasts + within and self.low <= other.high + other.lasts + within

    def covers(self, low: float, high: float, within: float = GAP) -> bool:
        """Whether something comes all the time between two times."""
        return self.low <= low + within and self.high + self.lasts >= high - within


@dataclass
class Clock:
    """Brings the times of a stream, given in their order, to the one clock."""

    segments: Sequence[Segment]
    _at: int = 0
    _last: float = -np.inf

    def to_timeline(self, time: float) -> float | None:
        """When that is, in seconds; None for a time that belongs nowhere."""
        following = range(self._at, min(len(self.segments), self._at + _AHEAD))
        at = next((k for k in following if self._holds(k, time)), None)
        if at is None:
            return None
        self._at, self._last = at, time
        return time + self.segments[at].shift

    def _holds(self, at: int, time: float) -> bool:
        segment = self.segments[at]
        later = at > self._at or time >= self._last - BACK
        return later and segment.low - _NEAR <= time <= segment.high + segment.lasts + _NEAR


@dataclass(frozen=True)
class Timestamps:
    """The times of a track's packets as they lie in the file, in seconds.

    times: (n,) when each is shown or heard; frames lie in the order of decoding
    lasts: (n,) how long each lasts
    count: how many packets there are, those without times too
    """

    times: Times = field(default_factory=lambda: np.zeros(0))
    lasts: Times = field(default_factory=lambda: np.zeros(0))
    count: int = 0

    @classmethod
    def of(cls, rows: Sequence[tuple[float, float]] | Times, longest: float, count: int = 0) -> Timestamps:
        """rows: time and duration; longest: what a packet lasts at most

        Before a gap .mp4 says that a packet lasts until the next one, so what is far from usual is not believed either.
        """
        if not len(rows):
            return cls(count=count)
        times, lasts = np.array(rows, dtype=np.float64).T
        kept = ~_strays(times)
        lasts = lasts.clip(0, min(longest, 2 * float(np.median(lasts))))
        return cls(times[kept], lasts[kept], max(count, len(rows)))

    def segments(self) -> list[Segment]:
        """Its times without the jumps between them, each still at the file's own times."""
        return [segment for times, lasts in self._sorted() for segment in _split_at_gaps(times, lasts)]

    def rate(self) -> float | None:
        """Packets a second, as usual_rate says."""
        return usual_rate(np.concatenate([np.zeros(0), *(np.diff(np.unique(times)) for times, _ in self._sorted())]))

    def spans(self) -> list[tuple[float, float]]:
        """When each part without a new start begins and ends, gaps and all."""
        return [(float(times[0]), float(times[-1] + lasts[-1])) for times, lasts in self._sorted()]

    def _sorted(self) -> list[tuple[Times, Times]]:
        """Times and durations in the order of time, from each moment at which the clock starts anew to the next."""
        parts = np.split(np.arange(len(self.times)), _restarts(self.times))
        orders = [part[np.argsort(self.times[part], kind="stable")] for part in parts]
        return [(self.times[order], self.lasts[order]) for order in orders if len(order)]


def _strays(times: Times) -> NDArray[np.bool_]:
    """Which packets are far from their neighbours while those are near one another."""
    strays = np.zeros(len(times), dtype=np.bool_)
    before, middle, after = times[:-2], times[1:-1], times[2:]
    strays[1:-1] = (np.abs(middle - before) > _STRAY) & (np.abs(middle - after) > _STRAY) & (abs(after - before) <= GAP)
    return strays


def _restarts(times: Times) -> list[int]:
    """The packets with which the clock starts anew: earlier than all that lie shortly before."""
    restarts: list[int] = []
    for k in (np.flatnonzero(np.diff(times) < -BACK) + 1).tolist():
        first = max(k - _REORDERED, restarts[-1] if restarts else 0)
        if times[k] < times[first:k].min() - BACK:
            restarts.append(k)
    return restarts


def _split_at_gaps(times: Times, lasts: Times) -> list[Segment]:
    """times: (n,) in order, n at least 1"""
    ends = np.flatnonzero(np.diff(times) - lasts[:-1] > GAP)
    firsts = [0, *(ends + 1).tolist()]
    return [
        Segment(float(times[first]), float(times[last]), lasts=float(lasts[last]))
        for first, last in zip(firsts, [*ends.tolist(), len(times) - 1], strict=True)
    ]


def usual_rate(steps: Times) -> float | None:
    """Frames a second: the median of the plausible times between frames, made finer by the mean of those near it.

    steps: (n,) seconds. Clocks are rounded, to milliseconds in Matroska, so the median itself is off by up to a
    hundredth. Gaps do not count. None where no step is plausible; 1 where each is longer than a second.
    """
    likely = steps[(steps > 0.99 / FASTEST) & (steps <= GAP)]
    if not len(likely):
        return 1 / GAP if len(steps) and (steps > GAP).all() else None
    near = np.median(likely)
    return float(1 / likely[(likely >= 0.5 * near) & (likely <= 1.6 * near)].mean())


def join_segments(film: Sequence[Segment], sound: Sequence[Segment], step: float) -> list[Segment]:
    """A film's stretches one after the other on one clock, the first at its own time.

    step: seconds from the last frame before a gap to the first one after it
    A gap is none where the sound goes on: then the picture stands still, as it does in calls and podcasts.
    """
    clock: list[Segment] = []
    for segment in film:
        if not clock:
            clock.append(segment)
        elif segment.low > clock[-1].high and goes_on(sound, clock[-1], segment):
            clock[-1] = replace(clock[-1], high=segment.high, lasts=segment.lasts)
        else:
            clock.append(segment.starting_at(clock[-1].high + clock[-1].shift + step))
    return clock


def goes_on(sound: Sequence[Segment], before: Segment, after: Segment) -> bool:
    """Whether there is sound all the time from one stretch of the film to the next."""
    return any(one.covers(before.high, after.low) for one in sound)


def align_sound(sound: Sequence[Segment], film: Sequence[Segment]) -> list[Segment]:
    """A sound's stretches on the clock of the film's; one that belongs to no part of it follows the one before."""
    clock: list[Segment] = []
    at = 0
    for before, segment in zip([None, *sound], sound, strict=False):
        found = _part_of(film, segment, before, at)
        if found is not None:
            at = found
            clock.append(replace(segment, shift=film[found].shift))
        else:
            clock.append(segment.starting_at(clock[-1].end if clock else _start(film)))
    return clock


def _part_of(film: Sequence[Segment], sound: Segment, before: Segment | None, at: int) -> int | None:
    """Which stretch of the film a stretch of sound goes with; at: the one that the sound before it went with."""
    back = 0.0 if before is None else before.high - sound.low
    found = next((k for k in range(at + (back > 0), len(film)) if film[k].overlaps(sound)), None)
    return at if found is None and 0 < back <= GAP and at < len(film) else found


def _start(film: Sequence[Segment]) -> float:
    return film[0].low + film[0].shift if film else 0.0
