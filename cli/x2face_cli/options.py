"""From a driver's settings to options of the command line, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from enum import Enum
from pathlib import Path
from typing import Any

import click

from x2face_cli.values import FiniteRange, PlacePath, WholeRange, Word
from x2face_core.errors import UsageError
from x2face_plugins.settings import Setting, read_settings
from x2face_plugins.specs import DriverSpec, OverlaySpec

PLAIN: dict[type[Any], click.ParamType[Any]] = {str: click.STRING, bool: click.BOOL, Path: PlacePath()}


def flag_name(driver: str, setting: str) -> str:
    """`--frame` for the field input of the driver frame, `--frame-zero` for its field zero."""
    return f"--{driver}" if setting == "input" else f"--{driver}-{setting.replace('_', '-')}"


def driver_options(spec: DriverSpec | OverlaySpec) -> list[click.Option]:
    """An option for each field of a driver's settings, in their order."""
    return [_option(spec.name, setting) for setting in read_settings(spec.settings)]


def build_settings(spec: DriverSpec | OverlaySpec, params: Mapping[str, Any]) -> Any:
    """The settings of a driver, from the values of its options.

    params: of the click command, or those that matter of it; an option that is not among them keeps its default
    Raises UsageError where the driver's own settings refuse a value.
    """
    declared = read_settings(spec.settings)
    given = {one.name: params[_key(spec.name, one)] for one in declared if _key(spec.name, one) in params}
    values = {one.name: _value(one, given[one.name]) for one in declared if one.name in given}
    try:
        return spec.settings(**values)
    except ValueError as error:
        raise UsageError(f"the settings of {spec.name} do not go together: {error}") from error


def _key(driver: str, setting: Setting) -> str:
    """A key no other option can have, whatever drivers and fields are called: it is no Python name."""
    return f"{driver}.{setting.name}"


def _option(driver: str, setting: Setting) -> click.Option:
    flag = flag_name(driver, setting.name)
    option = click.Option(
        [f"{flag}/--no-{flag[2:]}" if _has_opposite(setting) else flag],
        type=None if _is_flag(setting) else _type(setting),
        is_flag=_is_flag(setting) or None,  # of False, click makes an option whose value may be left out
        multiple=setting.many,
        show_default=setting.default not in (MISSING, None, (), False),
        help=setting.help,
        metavar=setting.metavar,
        **({"required": True} if setting.required else {"default": _shown_default(setting)}),
    )
    option.name = _key(driver, setting)
    return option


def _is_flag(setting: Setting) -> bool:
    return setting.kind is bool and not setting.many


def _has_opposite(setting: Setting) -> bool:
    return _is_flag(setting) and setting.default is not False


def _type(setting: Setting) -> click.ParamType[Any]:
    if setting.choices:
        return click.Choice(setting.choices)
    if setting.kind is int:
        return WholeRange(_whole(setting.min), _whole(setting.max))
    if setting.kind is float:
        return FiniteRange(setting.min, setting.max)
    return Word() if setting.kind is str and setting.name == "input" else PLAIN[setting.kind]


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _shown_default(setting: Setting) -> Any:
    if setting.many:
        return tuple(_word(one) for one in setting.default or ())
    return _word(setting.default)


def _word(value: Any) -> Any:
    return value.name.lower().replace("_", "-") if isinstance(value, Enum) else value


def _value(setting: Setting, value: Any) -> Any:
    if setting.many:
        return None if setting.optional and not value else tuple(_member(setting, one) for one in value)
    return value if value is None else _member(setting, value)


def _member(setting: Setting, value: Any) -> Any:
    if not issubclass(setting.kind, Enum):
        return value
    return next(member for member in setting.kind if _word(member) == value)
