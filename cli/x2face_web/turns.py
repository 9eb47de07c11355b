"""Turns: films are made one at a time, in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from x2face_core.errors import UsageError


class Turns:
    """A line of those who wait, of which the first is at work.

    most: how many may wait
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: list[Hashable] = []
        self._changed = threading.Condition()

    def join(self, who: Hashable) -> None:
        """Take the last place. UsageError if there is none."""
        with self._changed:
            if len(self._line) > self._most:
                raise UsageError(f"{self._most} films wait already, the most at once; try again later.")
            self._line.append(who)

    def before(self, who: Hashable) -> int:
        """Number of those before somebody; 0 for the first, and for who does not wait."""
        with self._changed:
            return self._line.index(who) if who in self._line else 0

    def wait(self, who: Hashable, unless: Callable[[], bool]) -> None:
        """Wait until somebody is the first, or until something holds, which is asked at each `look_again`."""
        with self._changed:
            self._changed.wait_for(lambda: unless() or self._line[:1] == [who])

    def look_again(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def leave(self, who: Hashable) -> None:
        with self._changed:
            self._line.remove(who)
            self._changed.notify_all()
