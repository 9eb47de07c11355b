"""Conversion between settings dataclasses and click options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, replace
from enum import Enum
from pathlib import Path
from typing import Any

import click

from x2face_cli.values import ExpandedPath, FiniteRange, WholeRange, Word
from x2face_plugins.desk import desk_of
from x2face_plugins.run_options import RunOptions
from x2face_plugins.settings import Setting, flag_name, read_settings, word
from x2face_plugins.specs import DriverSpec, OverlaySpec
from x2face_plugins.words import ParsedWords

AnySpec = DriverSpec | OverlaySpec
PLAIN: dict[type[Any], click.ParamType[Any]] = {str: click.STRING, bool: click.BOOL, Path: ExpandedPath()}
PLAIN_SIZE = 256  # pixels
SHORT = {"source": "-s", "output": "-o"}
OF_SOURCES = (
    "source", "source_frames", "crop", "face", "force", "crop_scale", "fusion", "no_completion", "size",
)  # fmt: skip
"""Options of run for sources and cropping, shared by all commands that take sources."""


def own_options(*names: str) -> list[click.Option]:
    """The named options of run, in this order; without names all of them.

    A command that takes some of them makes no film, so that its `size` is that of the face.
    """
    declared = {one.name: one for one in read_settings(RunOptions)}
    if names:
        declared["size"] = replace(declared["size"], default=PLAIN_SIZE, help="Side of the face in pixels.")
    return [_of_field([SHORT[name]] if name in SHORT else [], declared[name]) for name in names or declared]


def options_of(settings: type[Any]) -> list[click.Option]:
    """An option for each field of a settings dataclass."""
    return [_of_field([], one) for one in read_settings(settings)]


def engine_option(default: str | None = "torch") -> click.Option:
    """--engine of a command. default: torch where something is measured, or computed once, so that no trial pays."""
    (option,) = own_options("engine")
    option.default, option.show_default = default, default is not None
    return option


def with_engine(default: str | None = "torch") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate the function of a command with `engine_option`."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        command.__dict__.setdefault("__click_params__", []).append(engine_option(default))
        return command

    return add


def _of_field(short: list[str], setting: Setting) -> click.Option:
    option = _option([*short, f"--{setting.name.replace('_', '-')}"], setting)
    option.name = setting.name
    if option.type is click.STRING:
        option.type = Word()
    return option


def driver_options(spec: AnySpec) -> list[click.Option]:
    """Options for the fields of a driver's settings; a flag --NAME for a driver without input."""
    settings = read_settings(spec.settings)
    options = [_of_driver(spec.name, setting) for setting in settings]
    if any(setting.name == "input" for setting in settings):
        return options
    flag = click.Option([f"--{spec.name}"], is_flag=True, expose_value=False, help=f"{spec.summary.rstrip('.')}.")
    return [flag, *options]


def desk_options(spec: AnySpec) -> list[click.Option]:
    """The options of the composition desk for a driver."""
    return [_of_driver(spec.name, setting) for setting in read_settings(desk_of(spec))]


def _of_driver(driver: str, setting: Setting) -> click.Option:
    option = _option([flag_name(driver, setting.name)], setting)
    option.name = _key(driver, setting.name)
    return option


def driver_fields(spec: AnySpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a driver's options by field, from the params of a click command."""
    declared = [*read_settings(spec.settings), *read_settings(desk_of(spec))]
    return {one.name: params[key] for one in declared if (key := _key(spec.name, one.name)) in params}


def fill(parsed: ParsedWords, given: Mapping[str, Any]) -> None:
    """Enter what a command line gives, the params of a click command, as the run's own options and the drivers'."""
    parsed.own = {name: value for name, value in given.items() if "." not in name}
    for name in parsed.drivers:
        parsed.drivers[name] = driver_fields(parsed.registry.driver(name).spec, given)


def _key(driver: str, field: str) -> str:
    """A unique key for an option of a driver; not a Python identifier, so it cannot clash with options of run."""
    return f"{driver}.{field}"


def _option(flags: Iterable[str], setting: Setting) -> click.Option:
    *short, flag = flags
    return click.Option(
        [*short, f"{flag}/--no-{flag[2:]}" if _has_opposite(setting) else flag],
        type=None if _is_flag(setting) else _type(setting),
        is_flag=_is_flag(setting) or None,  # False would make the value optional in click
        multiple=setting.many,
        show_default=_is_worth_showing(setting.default),
        help=setting.help,
        metavar=setting.metavar,
        **({"required": True} if setting.required else {"default": _shown_default(setting)}),
    )


def _is_worth_showing(default: Any) -> bool:
    return default not in (MISSING, None, ()) and default is not False


def _is_flag(setting: Setting) -> bool:
    return setting.kind is bool and not setting.many


def _has_opposite(setting: Setting) -> bool:
    return _is_flag(setting) and setting.default is not False


def _type(setting: Setting) -> click.ParamType[Any]:
    if setting.choices:
        return click.Choice(setting.choices)
    if setting.kind is int and (setting.min, setting.max) == (None, None):
        return click.INT
    if setting.kind is int:
        return WholeRange(_whole(setting.min), _whole(setting.max))
    if setting.kind is float:
        return FiniteRange(setting.min, setting.max)
    return Word() if setting.kind is str and setting.name == "input" else PLAIN[setting.kind]


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _shown_default(setting: Setting) -> Any:
    if setting.many:
        return tuple(_shown(one) for one in setting.default or ())
    return _shown(setting.default)


def _shown(value: Any) -> Any:
    return word(value) if isinstance(value, Enum) else value
