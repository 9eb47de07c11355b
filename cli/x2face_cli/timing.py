"""Announces how long the stages of a command take, for output without progress bars."""

from __future__ import annotations

import time
from collections.abc import Callable

from x2face_cli import screen

Show = Callable[[str, int, "int | None"], None]
_ANNOUNCED_AFTER = 0.1  # of a stage


class Timing:
    """Passes progress on; estimates the time of each stage once a tenth is done. `total` gives the time of all.

    clock: monotonic time in seconds
    """

    def __init__(self, show: Show, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._started = self._stage_started = self._last = clock()
        self._stage, self._announced = "", False

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if stage != self._stage:
            self._stage, self._announced = stage, False
            self._stage_started = self._last  # a stage begins where the previous one ended
        if total and not self._announced and done >= _ANNOUNCED_AFTER * total:
            self._announced = True
            seconds = (self._clock() - self._stage_started) * total / done
            screen.note(f"{stage}: about {spell(seconds)}")
        self._last = self._clock()
        self._show(stage, done, total)

    def total(self) -> str:
        return spell(self._clock() - self._started)


def spell(seconds: float) -> str:
    """A duration as text: 40 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
