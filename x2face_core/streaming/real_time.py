"""Rows of a stream at the pace of real time: late ones are dropped, so that a slow machine does not lag."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from x2face_core.streaming.resampling import Row
from x2face_core.streaming.streams import close


@dataclass(eq=False)
class Pace:
    """Releases rows at their time.

    clock, wait: time source and sleep, replaceable in tests
    dropped: rows that were too late to be rendered; released: time of the latest row that was passed on
    """

    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    dropped: int = 0
    released: float = 0.0

    def rows(self, rows: Iterator[Row], fps: float) -> Generator[Row]:
        """Row k at k / fps seconds after the first one; dropped if row k + 1 is due already.

        Rows of live drivers come at that pace by themselves, each the newest; late ones are dropped as well, so that
        what is driven beside them, such as speech, keeps to the time.
        """
        start: float | None = None
        try:
            for number, row in enumerate(rows):
                now = self.clock()
                start = now if start is None else start
                due = start + number / fps
                if now > due + 1 / fps:
                    self.dropped += 1
                    continue
                self.wait(max(0.0, due - now))
                self.released = self.clock()
                yield row
        finally:
            close(rows)

    @property
    def latency(self) -> float:
        """Seconds since the latest row was released."""
        return self.clock() - self.released
