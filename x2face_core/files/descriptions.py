"""Validation of JSON metadata into dataclasses: each field with its type, none unknown or missing."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
# What json raises for invalid text, and for nesting beyond Python's recursion limit.
BROKEN_JSON = (TypeError, ValueError, RecursionError)
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "text"),
    "int": (int, "a whole number"),
    "bool": (bool, "true or false"),
    "float": ((int, float), "a number"),
    "float | None": ((int, float, type(None)), "a number, or null,"),
    "list[dict[str, float]]": ((list, tuple), "a list of names and numbers"),
    "list[dict[str, Any]]": ((list, tuple), "a list of names and values"),
    "dict[str, Any]": (dict, "names and values"),
    "dict[str, int]": (dict, "names and numbers"),
    "tuple[str, ...]": ((list, tuple), "a list of texts"),
    "tuple[dict[str, str], ...]": ((list, tuple), "a list of names and texts"),
}
_INNER: dict[str, type] = {  # type of the elements
    "dict[str, int]": int,
    "tuple[str, ...]": str,
    "list[dict[str, float]]": dict,
    "list[dict[str, Any]]": dict,
    "tuple[dict[str, str], ...]": dict,
}


def described(kind: type[T], content: object, **more: Any) -> T:
    """Make a dataclass from decoded JSON. ValueError names a field of the wrong type.

    more: fields that are not in the JSON
    """
    if not isinstance(content, dict):
        raise ValueError(f"{type(content).__name__}, not names and values")
    known = {field.name: field for field in fields(kind) if field.name not in more}
    if odd := sorted(set(content) - set(known)):
        raise ValueError(f"{odd[0]!r:.60} is unknown here; a newer x2face may have written it")
    for name, field in known.items():
        if name in content:
            _check_kind(name, str(field.type), content[name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{name} is missing")
    found: T = kind(**{name: _typed(str(known[name].type), value) for name, value in content.items()}, **more)
    return found


def _typed(kind: str, value: object) -> object:
    return tuple(value) if kind.startswith("tuple") and isinstance(value, list) else value


def _check_kind(name: str, kind: str, value: object) -> None:
    expected, description = _KINDS[kind]
    inner = _INNER.get(kind)
    fits = isinstance(value, expected) and isinstance(value, bool) == (expected is bool)
    if fits and inner is not None and isinstance(value, dict | list | tuple):
        inside = value.values() if isinstance(value, dict) else value
        fits = all(isinstance(one, inner) for one in inside)
    if not fits:
        raise ValueError(f"{name} is {_shown(value)}; {description} is needed")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
