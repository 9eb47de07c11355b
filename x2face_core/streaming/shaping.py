"""How much of a driver's offsets a run takes: a weight, a stretch of time, some factors only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EASE = 0.2
"""Seconds over which a driver comes in after its start and goes out before its stop."""


@dataclass(frozen=True, kw_only=True)
class Shaping:
    """What a run makes of one driver's offsets; it changes nothing by default.

    weight: all offsets are multiplied by it
    start, stop: seconds of the film; outside of them the driver moves nothing
    only: factors that it moves, and nothing else; (): all that it moves
    without: factors that it does not move
    ValueError where these do not go together.
    """

    weight: float = 1.0
    start: float | None = None
    stop: float | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.start is not None and self.stop is not None and self.start >= self.stop:
            raise ValueError(f"start {self.start:g} is not before stop {self.stop:g}")
        if both := sorted(set(self.only).intersection(self.without)):
            raise ValueError(f"{', '.join(both)} cannot be among only and without")

    @property
    def is_timed(self) -> bool:
        return self.start is not None or self.stop is not None

    def share(self, seconds: float) -> float:
        """By what the offset at a moment of the film is multiplied."""
        since = 1.0 if self.start is None else ease((seconds - self.start) / EASE)
        until = 1.0 if self.stop is None else ease((self.stop - seconds) / EASE)
        return self.weight * min(since, until)


def ease(x: float) -> float:
    """0 up to 0, 1 from 1 on, smooth in between: 3x² - 2x³."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def names(text: str | Sequence[str]) -> tuple[str, ...]:
    """Factors as the user lists them, `pose,mouth` or a sequence of such, each once."""
    listed = [text] if isinstance(text, str) else list(text)
    return tuple(dict.fromkeys(name.strip() for one in listed for name in one.split(",") if name.strip()))
