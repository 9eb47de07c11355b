"""Validation of the attributes of loaded drivers and overlays; errors name the owner."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from x2face_core.bounds import LONGEST
from x2face_core.errors import PluginError
from x2face_core.foreign import Owner, call_foreign

T = TypeVar("T")
MOST_ROWS = int(LONGEST * 1000)
MOST_WARNINGS = 20


class CheckedAttributes:
    """Reads attributes of a plugin object, with type checks. owner: for errors"""

    def __init__(self, target: Any, owner: Owner) -> None:
        self._target, self._owner = target, owner

    def flag(self, name: str, default: bool) -> bool:
        return self._read(name, default, lambda value: value if isinstance(value, bool) else _no, "True or False")

    def names(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return self._read(name, default, _names, "a tuple of names")

    def path(self, name: str) -> Path | None:
        """A path; None if the attribute is missing."""
        return self._read(name, None, Path, "a path")

    def count(self, name: str) -> int | None:
        """A whole number of at least 1; None if the attribute is missing."""
        return self._read(name, None, _count, f"a whole number from 1 to {MOST_ROWS}")

    def box(self, name: str) -> Sequence[float] | None:
        return self._read(name, None, _box, "four finite numbers")

    def texts(self, name: str) -> list[str]:
        """A list of texts without duplicates, shortened to MOST_WARNINGS."""
        texts: list[str] = self._read(name, [], lambda value: list(islice(map(str, value), 1000)), "texts")
        distinct = list(dict.fromkeys(texts))
        more = len(distinct) - MOST_WARNINGS
        return distinct if more <= 0 else [*distinct[:MOST_WARNINGS], f"{self._owner} warned {more} times more."]

    def _read(self, name: str, default: T, checked: Callable[[Any], Any], wanted: str) -> T:
        value = call_foreign(self._owner, lambda: getattr(self._target, name, None))
        if value is None:
            return default
        found: T = call_foreign(self._owner, lambda: _tried(checked, value))
        if found is _no:
            raise PluginError(f"The {self._owner} carries {name}={value!r:.60}; {wanted} is needed.")
        return found


_no: Any = object()  # marks an invalid value


def _tried(checked: Callable[[Any], Any], value: Any) -> Any:
    try:
        return checked(value)
    except (TypeError, ValueError, OverflowError):
        return _no


def _names(value: Any) -> Any:
    listed = isinstance(value, tuple | list) and all(isinstance(one, str) for one in value)
    return tuple(value) if listed else _no


def _count(value: Any) -> Any:
    return int(value) if int(value) == value and 1 <= value <= MOST_ROWS else _no


def _box(value: Iterable[Any]) -> Any:
    numbers = [float(one) for one in islice(value, 5)]
    return numbers if len(numbers) == 4 and all(map(math.isfinite, numbers)) else _no
