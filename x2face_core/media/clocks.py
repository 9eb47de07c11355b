"""One continuous timeline from a file's packet timestamps: it never goes back and has no gap above a second.

Concatenated .ts files restart their clock, recordings pause, and some timestamps are wrong. So the length and frame
rate that a file declares are not trusted; they are computed from the timestamps of its packets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

GAP = 1.0  # seconds without a packet; longer gaps are removed from the timeline
BACK = 0.25  # seconds; a larger step back means that the clock restarted
FASTEST = 250  # frames a second; smaller time steps are rounding of the clock, not a rate
_NEAR = 0.1  # seconds outside a segment at which a timestamp still belongs to it
_STRAY = 10.0  # seconds from both neighbours, above which a packet's timestamp is wrong
_REORDERED = 8  # packets: the reordering depth; frames shown earlier than decoded follow within so many packets
_AHEAD = 64  # segments searched for the one that a timestamp belongs to


@dataclass(frozen=True)
class Segment:
    """A run of timestamps without a jump.

    low, high: the file's timestamps of the first and the last packet, in seconds
    shift: seconds to add to them to get the time on the timeline
    lasts: duration of the last packet in seconds
    """

    low: float
    high: float
    shift: float = 0.0
    lasts: float = 0.0

    @property
    def end(self) -> float:
        """When it ends, on the timeline."""
        return self.high + self.lasts + self.shift

    def starting_at(self, start: float) -> Segment:
        """The same segment, shifted to begin at `start` on the timeline."""
        return replace(self, shift=start - self.low)

    def overlaps(self, other: Segment, within: float = GAP) -> bool:
        """Whether both overlap, or are at most `within` seconds apart."""
        return other.low <= self.high + self.lasts + within and self.low <= other.high + other.lasts + within

    def covers(self, low: float, high: float, within: float = GAP) -> bool:
        """Whether it covers low … high, give or take `within` seconds."""
        return self.low <= low + within and self.high + self.lasts >= high - within


@dataclass
class Clock:
    """Converts timestamps of a stream, given in decoding order, to the timeline."""

    segments: Sequence[Segment]
    _at: int = 0
    _last: float = -np.inf

    def to_timeline(self, time: float) -> float | None:
        """The time on the timeline in seconds; None for a timestamp outside all segments."""
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
    """The timestamps of a track's packets in file order, in seconds.

    times: (n,) presentation times, in decoding order
    lasts: (n,) durations
    count: number of packets, those without a timestamp included
    """

    times: Times = field(default_factory=lambda: np.zeros(0))
    lasts: Times = field(default_factory=lambda: np.zeros(0))
    count: int = 0

    @classmethod
    def of(cls, rows: Sequence[tuple[float, float]] | Times, longest: float, count: int = 0) -> Timestamps:
        """rows: (time, duration) of each packet; longest: largest plausible duration

        In .mp4 the packet before a gap lasts until the next one, so durations are limited to
        twice the median as well.
        """
        if not len(rows):
            return cls(count=count)
        times, lasts = np.array(rows, dtype=np.float64).T
        kept = ~_strays(times)
        lasts = lasts.clip(0, min(longest, 2 * float(np.median(lasts))))
        return cls(times[kept], lasts[kept], max(count, len(rows)))

    def segments(self) -> list[Segment]:
        """The segments between gaps and restarts, not yet shifted onto the timeline."""
        return [segment for times, lasts in self._sorted() for segment in _split_at_gaps(times, lasts)]

    def rate(self) -> float | None:
        """Packets a second, as usual_rate says."""
        return usual_rate(np.concatenate([np.zeros(0), *(np.diff(np.unique(times)) for times, _ in self._sorted())]))

    def spans(self) -> list[tuple[float, float]]:
        """Begin and end of each part between restarts of the clock, gaps included."""
        return [(float(times[0]), float(times[-1] + lasts[-1])) for times, lasts in self._sorted()]

    def _sorted(self) -> list[tuple[Times, Times]]:
        """Times and durations sorted by time, one pair for each part between restarts of the clock."""
        parts = np.split(np.arange(len(self.times)), _restarts(self.times))
        orders = [part[np.argsort(self.times[part], kind="stable")] for part in parts]
        return [(self.times[order], self.lasts[order]) for order in orders if len(order)]


def _strays(times: Times) -> NDArray[np.bool_]:
    """Mask of wrong timestamps: far from both neighbours while those are close to each other."""
    strays = np.zeros(len(times), dtype=np.bool_)
    before, middle, after = times[:-2], times[1:-1], times[2:]
    strays[1:-1] = (np.abs(middle - before) > _STRAY) & (np.abs(middle - after) > _STRAY) & (abs(after - before) <= GAP)
    return strays


def _restarts(times: Times) -> list[int]:
    """Numbers of the packets at which the clock restarts: earlier than all of the packets shortly before."""
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
    """Frames a second from the median of the plausible time steps, refined by the mean of the steps near it.

    steps: (n,) seconds. Timestamps are rounded (to milliseconds in Matroska), so the median alone is off by up to 1 %.
    Gaps are ignored. None if no step is plausible; 1 if every step is longer than a second.
    """
    likely = steps[(steps > 0.99 / FASTEST) & (steps <= GAP)]
    if not len(likely):
        return 1 / GAP if len(steps) and (steps > GAP).all() else None
    near = np.median(likely)
    return float(1 / likely[(likely >= 0.5 * near) & (likely <= 1.6 * near)].mean())


def join_segments(film: Sequence[Segment], sound: Sequence[Segment], step: float) -> list[Segment]:
    """Shift a film's segments so that they follow one another on the timeline, the first at its own time.

    step: seconds from the last frame before a gap to the first one after it
    A gap in the pictures is kept if the sound continues through it: the picture freezes, as in calls and podcasts.
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
    """Whether the sound continues from one segment of the film to the next."""
    return any(one.covers(before.high, after.low) for one in sound)


def align_sound(sound: Sequence[Segment], film: Sequence[Segment]) -> list[Segment]:
    """Shift a sound's segments onto the film's timeline; one without a matching segment follows the previous one."""
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
    """Number of the film's segment that a sound segment belongs to; at: that of the sound segment before it."""
    back = 0.0 if before is None else before.high - sound.low
    found = next((k for k in range(at + (back > 0), len(film)) if film[k].overlaps(sound)), None)
    return at if found is None and 0 < back <= GAP and at < len(film) else found


def _start(film: Sequence[Segment]) -> float:
    return film[0].low + film[0].shift if film else 0.0
