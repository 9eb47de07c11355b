"""Reading a settings dataclass: the one place where a driver's options are declared."""

from __future__ import annotations

import dataclasses
import types
from dataclasses import MISSING, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

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
) -> Any:
    """A field of a settings dataclass, with what the command line says of it.

    default: without one the option has to be given
    help: a sentence
    min, max: bounds of a number, both allowed
    choices: the words that a str may be; a Literal or an Enum says it itself
    metavar: what stands for the value in the help, such as X,Y
    """
    about = {"help": help, "min": min, "max": max, "choices": choices, "metavar": metavar}
    return dataclasses.field(default=default, metadata={KEY: about})


def flag_name(driver: str, setting: str) -> str:
    """`--frame` for the field input of the driver frame, `--frame-zero` for its field zero."""
    return f"--{driver}" if setting == "input" else f"--{driver}-{setting.replace('_', '-')}"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One option of a driver, as its settings declare it.

    kind: what the text turns into: str, int, float, bool, Path, or an Enum
    choices: the words allowed, where only some are
    many: it is a tuple, the option may be given again and again
    optional: None is a value too
    default: MISSING where it has to be given
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

    @property
    def required(self) -> bool:
        return self.default is MISSING


def read_settings(settings: type[Any]) -> tuple[Setting, ...]:
    """The options that a settings dataclass declares, in its order.

    Raises TypeError where a field's type has no form on the command line.
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
    """The type that a text is turned into, and the words allowed; (None, None) for a type with no form as an option."""
    if get_origin(hint) is Literal:
        words = get_args(hint)
        return (str, words) if all(isinstance(word, str) for word in words) else (None, None)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint, tuple(member.name.lower().replace("_", "-") for member in hint)
    return (hint, None) if hint in PLAIN else (None, None)


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
