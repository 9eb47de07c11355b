"""Bounds of the numbers in a dataclass, checked wherever the values come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LONGEST = 7 * 86_400.0
"""Largest length of a film in seconds: a week; more is taken for a typing error."""

Bounds = Mapping[str, tuple[float, float]]


def fault_of(values: DataclassInstance, bounds: Bounds) -> str | None:
    """Describe the first field of a dataclass that is not a number, or out of bounds; None if all are valid.

    bounds: least and largest value by field name; a field of type int has to be a whole number
    """
    for field in fields(values):
        if field.name in bounds:
            value, (low, high) = getattr(values, field.name), bounds[field.name]
            if not _is_number(value, whole=field.type in ("int", int)):
                return f"{field.name} is {_shown(value)}; a {'whole ' * (field.type in ('int', int))}number is needed."
            if not low <= value <= high:
                return f"{field.name} is {value}; it may be from {low:g} to {high:g}."
    return None


def _is_number(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return False
    return math.isfinite(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
