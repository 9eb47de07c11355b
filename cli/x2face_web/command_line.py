"""The command line that makes the same film."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from x2face_plugins.run_options import RunOptions
from x2face_plugins.settings import Setting, flag_name, read_settings, word
from x2face_plugins.words import flag_of
from x2face_web.panels import Panel


def command_line(
    sources: Sequence[str], own: Mapping[str, Any], drivers: Sequence[tuple[Panel, Mapping[str, Any]]], output: str
) -> str:
    """`x2face run …` with names of files instead of their paths on the server.

    own: options of run by field; drivers: panels in use, each with its settings by field
    """
    parts = ["x2face", "run"]
    for source in sources:
        parts += ["-s", Path(source).name]
    for panel, given in drivers:
        parts += driver_flags(panel, given)
    declared = {one.name: one for one in read_settings(RunOptions)}
    for name, value in own.items():
        parts += _flags(flag_of(name), declared[name], value)
    return shlex.join([*parts, "-o", output])


def driver_flags(panel: Panel, given: Mapping[str, Any]) -> list[str]:
    """A driver's options; `--driver NAME` or its own flag where nothing else names it."""
    declared = {one.setting.name: one.setting for one in panel.controls}
    flags = [part for name, value in given.items() for part in _flags(_flag(panel, name), declared[name], value)]
    if ":" in panel.name or (not flags and "input" in declared):
        return ["--driver", panel.name, *flags]
    return flags or [f"--{panel.spec.name}"]


def _flag(panel: Panel, name: str) -> str:
    return flag_name(panel.spec.name, name)


def _flags(flag: str, setting: Setting, value: Any) -> list[str]:
    if setting.kind is bool and not setting.many:
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    values = value if isinstance(value, tuple | list) else [value]
    return [part for one in values for part in _valued(flag, _shown(setting, one))]


def _valued(flag: str, text: str) -> list[str]:
    """Flag and value, joined by = where the value looks like an option."""
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]


def _shown(setting: Setting, value: Any) -> str:
    if isinstance(value, Enum):
        return word(value)
    if isinstance(value, float):
        return f"{value:g}"
    is_file = isinstance(value, Path) or (isinstance(value, str) and Path(value).is_absolute())
    return Path(value).name if is_file else str(value)
