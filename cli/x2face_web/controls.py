"""Controls of a form, made from the settings of a driver or of a run. No user interface is imported here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from x2face_core.errors import UsageError
from x2face_plugins.settings import Setting, convert, word

Kind = Literal["switch", "slider", "number", "text", "choice", "choices", "combination", "file", "files", "sound"]
DEFAULT = "default"
"""The choice that leaves a setting at its default."""
YES, NO = "yes", "no"
_FILES = ("FILE", "FILM", "PICTURE", "FOLDER", "PRESET", "TAKE")
_SPAN = 1000
"""Largest number of steps of a slider; numbers with a wider range are typed."""
LONGEST_TEXT = 5000


@dataclass(frozen=True, kw_only=True)
class Control:
    """How one setting is asked for.

    kind: switch, a check box; slider or number; text; choice, one of `choices`; choices, any of them; combination, one
        of them or a text; file, files or sound, uploaded, sound recorded too
    label: unique within the page; info: one sentence
    value: what is shown at first; step: of a slider
    """

    setting: Setting
    kind: Kind
    label: str
    info: str
    value: Any = None
    choices: tuple[str, ...] = ()
    step: float | None = None

    @property
    def is_upload(self) -> bool:
        return self.kind in ("file", "files", "sound")


def control_of(setting: Setting, owner: str = "", *, sound: bool = False, choices: Sequence[str] = ()) -> Control:
    """The control of a setting.

    owner: name of the driver, put before the label
    sound: whether its input is a sound that may be recorded
    choices: words that are suggested for a text, such as anchors, or offered for a tuple, such as factors
    """
    kind = _kind(setting, sound and setting.name == "input", bool(choices))
    return Control(
        setting=setting,
        kind=kind,
        label=f"{owner} {setting.name}".strip().replace("_", " "),
        info=_info(setting),
        value=_initial(setting, kind),
        choices=_choices(setting, kind, tuple(choices)),
        step=_step(setting) if kind == "slider" else None,
    )


def _kind(setting: Setting, sound: bool, suggested: bool) -> Kind:
    if _is_file(setting):
        return "sound" if sound else "files" if setting.many else "file"
    if setting.choices or suggested:
        return "choices" if setting.many else "choice" if setting.choices else "combination"
    if setting.many:
        return "text"
    if setting.kind is bool:
        return "choice" if setting.optional else "switch"
    if setting.kind in (int, float):
        return "slider" if _is_narrow(setting) else "number"
    return "text"


def _is_file(setting: Setting) -> bool:
    """Whether the value names a file, by its type, or by its placeholder unless that allows a text first."""
    said = setting.metavar or ""
    return setting.kind is Path or (setting.kind is str and said.startswith(_FILES))


def _is_narrow(setting: Setting) -> bool:
    if setting.optional or setting.required or setting.min is None or setting.max is None:
        return False
    return (setting.max - setting.min) / _step(setting) <= _SPAN


def _step(setting: Setting) -> float:
    """1 for whole numbers, else about a hundredth of the range."""
    if setting.kind is int:
        return 1
    return nice_step((float(setting.max or 0) - float(setting.min or 0)) / 100 or 0.01)


def nice_step(least: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not below a number, but for rounding."""
    power = 10.0 ** math.floor(math.log10(least))
    return float(f"{next(step * power for step in (1, 2, 5, 10) if step * power >= least * 0.999):g}")


def _info(setting: Setting) -> str:
    bounds = ""
    if setting.kind in (int, float) and setting.min is not None and setting.max is not None:
        bounds = f" From {setting.min:g} to {setting.max:g}."
    return f"{setting.help}{bounds}{' Needed.' if setting.required else ''}".strip()


def _initial(setting: Setting, kind: Kind) -> Any:
    default = None if setting.required else setting.default
    if kind == "choice":
        return DEFAULT if default is None else word(default) if isinstance(default, Enum) else default
    if kind == "choices":
        return [word(one) if isinstance(one, Enum) else one for one in default or ()]
    if kind in ("file", "files", "sound"):
        return None
    if kind in ("text", "combination"):
        return ", ".join(map(str, default or ())) if setting.many else "" if default is None else str(default)
    return default


def _choices(setting: Setting, kind: Kind, suggested: tuple[str, ...]) -> tuple[str, ...]:
    if kind == "choice":
        words = setting.choices or (YES, NO)
        return words if setting.default is not None and not setting.required else (DEFAULT, *words)
    return setting.choices or suggested


def given(control: Control, value: Any) -> Any:
    """The value for a setting from what a control holds; the setting's default where nothing is given.

    UsageError for a text that is too long, or that names a file of the server.
    """
    setting, default = control.setting, control.setting.default
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "" or value == []:
        return default
    if control.kind == "choice":
        return default if value == DEFAULT else value == YES if setting.kind is bool else value
    if control.kind in ("text", "combination"):
        return _typed(control, str(value)) or default
    if control.kind == "number":
        return convert(setting, value, control.label)
    return tuple(value) if setting.many else value


def _typed(control: Control, text: str) -> Any:
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"{control.label}: {len(text)} characters; {LONGEST_TEXT} are the most.")
    if _names_a_file(text):
        raise UsageError(f"{control.label}: names a file of the server; upload a file instead.")
    if control.setting.many:
        return tuple(part for one in text.split(",") if (part := one.strip()))
    return text


def _names_a_file(text: str) -> bool:
    """Whether a driver could read a text as a path; a plain word may be the name of a folder."""
    try:
        path = Path(text).expanduser()
        return path.exists() if any(one in text for one in "/\\~.") else path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False
