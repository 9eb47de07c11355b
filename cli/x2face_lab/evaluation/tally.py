"""Accumulates measures by person, for means over frames and means over people."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Tally:
    """Sums and counts of named measures for each person.

    people: in the order in which they were added
    """

    def __init__(self) -> None:
        self.people: list[str] = []
        self._sums: dict[tuple[str, str], tuple[float, float]] = {}

    def add(self, person: str, name: str, values: Iterable[float]) -> None:
        """Add values of a measure; NaN are ignored."""
        known = [float(value) for value in values if not isnan(value)]
        if person not in self.people:
            self.people.append(person)
        total, count = self._sums.get((person, name), (0.0, 0.0))
        self._sums[person, name] = total + sum(known), count + len(known)

    def count(self, name: str) -> int:
        return int(self._columns(name)[:, 1].sum())

    def mean(self, name: str) -> float:
        """Mean over all values; NaN if there are none."""
        return _over(*self._columns(name).sum(axis=0))

    def means(self, name: str) -> Floats:
        """(people,): mean of each person; NaN without values."""
        return np.array([_over(total, count) for total, count in self._columns(name)])

    def ratio(self, above: str, below: str) -> float:
        """Ratio of the means of two measures over all values."""
        return _over(self.mean(above), self.mean(below))

    def ratios(self, above: str, below: str) -> Floats:
        """(people,): ratio of the means of each person."""
        return np.array([_over(a, b) for a, b in zip(self.means(above), self.means(below), strict=True)])

    def _columns(self, name: str) -> Floats:
        """(people, 2): sum and count of a measure."""
        return np.array([self._sums.get((person, name), (0.0, 0.0)) for person in self.people]).reshape(-1, 2)


def _over(above: float, below: float) -> float:
    return float(above / below) if below > 0 else float("nan")
