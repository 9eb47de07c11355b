"""What a run applies to a driver's offsets: a weight, a time window, a selection of factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EASE = 0.2
"""Seconds of the fade-in after the start and of the fade-out before the stop."""


@dataclass(frozen=True, kw_only=True)
class Shaping:
    """The settings for one driver's offsets; the defaults change nothing.

    weight: multiplies the offsets
    start, stop: seconds of the film, outside of which the offsets are 0; None: no limit
    only: factors on which the offsets are projected; (): no projection
    without: factors that are projected out
    ValueError for settings that contradict one another.
    """

    weight: float = 1.0
    start: float | None = None
    stop: float | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.start is not None and self.stop is not None and self.start >= self.stop:
            raise ValueError(f"start {self.start:g} is not before stop {self.stop:g}; give a later stop")
        if both := sorted(set(self.only).intersection(self.without)):
            raise ValueError(f"{', '.join(both)} cannot be among both only and without; name it in one of them")

    @property
    def is_timed(self) -> bool:
        return self.start is not None or self.stop is not None

    def share(self, seconds: float) -> float:
        """The factor for the offset at a time of the film, fade and weight included."""
        since = 1.0 if self.start is None else ease((seconds - self.start) / EASE)
        until = 1.0 if self.stop is None else ease((self.stop - seconds) / EASE)
        return self.weight * min(since, until)


def ease(x: float) -> float:
    """Smoothstep: 0 for x <= 0, 1 for x >= 1, 3x² - 2x³ in between."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def names(text: str | Sequence[str]) -> tuple[str, ...]:
    """Parse names of factors, `pose,mouth` or a sequence of such, without duplicates."""
    listed = [text] if isinstance(text, str) else list(text)
    return tuple(dict.fromkeys(name.strip() for one in listed for name in one.split(",") if name.strip()))
