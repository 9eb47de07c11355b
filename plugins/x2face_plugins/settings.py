"""Settings dataclasses of drivers: declaration of options, and conversion of values."""

from __future__ import annotations

import dataclasses
import math
import types
from dataclasses import MISSING, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from x2face_core.errors import UsageError

KEY = "x2face"
PLAIN = (str, int, float, bool, Path)


def option(
    default: Any = MISSING,
    *,
    help: str = "",
    min: float | None = None,
    max: float | None = None,
    choices: tuple[str, ...] | None = None,
    metavar: str | None = None,
    writes: bool = False,
    before: Any = None,
) -> Any:
    """A field of a settings dataclass with its description for the command line.

    default: without one the option is required
    help: one sentence
    min, max: bounds of a number, inclusive
    choices: allowed values of a str; not needed for a Literal or an Enum
    metavar: placeholder of the value in the help, such as X,Y
    writes: it names a file that the driver writes, which forms in a browser do not offer
    before: the value with which films come out as they did before there was this option, for `rerun`; None: the default
    """
    about = {"help": help, "min": min, "max": max, "choices": choices, "metavar": metavar, "writes": writes}
    about["before"] = before
    return dataclasses.field(default=default, metadata={KEY: about})


def flag_name(driver: str, setting: str) -> str:
    """`--frame` for the field input of the driver frame, `--frame-zero` for its field zero."""
    return f"--{driver}" if setting == "input" else f"--{driver}-{setting.replace('_', '-')}"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One option of a driver.

    kind: type of the value: str, int, float, bool, Path, or an Enum
    choices: allowed values, or None
    many: the field is a tuple, and the option can be repeated
    optional: None is allowed
    default: MISSING if the option is required
    before: as of `option`
    """

    name: str
    kind: type[Any]
    default: Any
    choices: tuple[str, ...] | None = None
    many: bool = False
    optional: bool = False
    help: str = ""
    min: float | None = None
    max: float | None = None
    metavar: str | None = None
    writes: bool = False
    before: Any = None

    @property
    def required(self) -> bool:
        return self.default is MISSING


def read_settings(settings: type[Any]) -> tuple[Setting, ...]:
    """The options of a settings dataclass, in its order.

    TypeError if a field's type cannot be given on the command line.
    """
    hints = get_type_hints(settings)
    return tuple(_setting(field, hints[field.name]) for field in dataclasses.fields(settings) if field.init)


def _setting(field: dataclasses.Field[Any], hint: Any) -> Setting:
    about = dict(field.metadata.get(KEY, {}))
    inner, optional = _without_none(hint)
    inner, many = _without_tuple(inner)
    kind, choices = _kind(inner)
    if kind is None:
        raise TypeError(
            f"the setting {field.name} is a {hint}; an option can be str, int, float, bool, Path, Literal, Enum, "
            "one of these or None, or a tuple[X, ...] of one"
        )
    about["choices"] = choices or about.get("choices")
    return Setting(name=field.name, kind=kind, default=_default(field), many=many, optional=optional, **about)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    rest = [one for one in get_args(hint) if one is not type(None)]
    return (rest[0], True) if len(rest) == 1 else (hint, False)


def _without_tuple(hint: Any) -> tuple[Any, bool]:
    parts = get_args(hint)
    if get_origin(hint) is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        return parts[0], True
    return hint, False


def _kind(hint: Any) -> tuple[type[Any] | None, tuple[str, ...] | None]:
    """Type of the value and allowed values of a type hint; (None, None) for an unsupported type."""
    if get_origin(hint) is Literal:
        words = get_args(hint)
        return (str, words) if all(isinstance(word, str) for word in words) else (None, None)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint, tuple(word(member) for member in hint)
    return (hint, None) if hint in PLAIN else (None, None)


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def convert(setting: Setting, value: Any, flag: str) -> Any:
    """Convert and validate a value from the command line or from Python.

    flag: name of the option, for the UsageError
    """
    if value is None:
        if setting.optional:
            return None
        raise UsageError(f"{flag}: a value is needed.")
    if not setting.many:
        return _one(setting, value, flag)
    listed = list(value) if isinstance(value, list | tuple) else [value]
    return None if setting.optional and not listed else tuple(_one(setting, one, flag) for one in listed)


def _one(setting: Setting, value: Any, flag: str) -> Any:
    if issubclass(setting.kind, Enum):
        return _member(setting, value, flag)
    try:
        found = _plain(setting.kind, value)
    except (TypeError, ValueError, OverflowError):
        value_text = f" {value!r}" if isinstance(value, str | Path | int | float) else ""
        raise UsageError(
            f"{flag}{value_text}: {_EXPECTED[setting.kind]} is needed, not {type(value).__name__}."
        ) from None
    if setting.choices and found not in setting.choices:
        raise UsageError(f"{flag} {value!r}: it may be {', '.join(setting.choices)}.")
    if setting.kind in (int, float) and not _within(setting, found):
        raise UsageError(f"{flag} {value!r}: is not {_bounds(setting)}.")
    return found


_EXPECTED = {str: "a text", int: "a whole number", float: "a finite number", bool: "True or False", Path: "a path"}


def _plain(kind: type[Any], value: Any) -> Any:
    """Convert without loss of information; ValueError or TypeError otherwise."""
    if kind is bool or isinstance(value, bool):
        if not (kind is bool and isinstance(value, bool)):
            raise ValueError(value)
        return value
    if kind is int and not isinstance(value, str) and value != int(value):
        raise ValueError(value)
    if kind in (str, Path) and not isinstance(value, str | Path | int | float):
        raise TypeError(value)
    if kind is Path:
        return _place(value)
    found: Any = kind(f"{value:g}") if kind is str and isinstance(value, float) else kind(value)
    if kind is float and not math.isfinite(found):
        raise ValueError(value)
    return found


def _place(value: Any) -> Path:
    """A path with ~ expanded. ValueError for an empty name."""
    from x2face_core.files.faults import expanded

    if not str(value):
        raise ValueError(value)
    return expanded(str(value))


def _member(setting: Setting, value: Any, flag: str) -> Any:
    for member in setting.kind:
        if value is member or value == word(member):
            return member
    raise UsageError(f"{flag} {value!r}: it may be {', '.join(setting.choices or ())}.")


def word(member: Enum) -> str:
    """The spelling of an Enum member on the command line."""
    return str(member.name).lower().replace("_", "-")


def _within(setting: Setting, value: float) -> bool:
    return (setting.min is None or value >= setting.min) and (setting.max is None or value <= setting.max)


def _bounds(setting: Setting) -> str:
    if setting.max is None:
        return f"{setting.min:g} or more"
    return f"at most {setting.max:g}" if setting.min is None else f"from {setting.min:g} to {setting.max:g}"
