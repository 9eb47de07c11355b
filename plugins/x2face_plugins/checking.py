"""Validation of what a plugin declares, with messages for its author. No code of the plugin is run."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from x2face_core.errors import PluginError
from x2face_plugins.hookspecs import PROJECT
from x2face_plugins.settings import read_settings
from x2face_plugins.specs import API, DriverSpec, MappingSpec, OverlaySpec, Spec

NAME = re.compile(r"[a-z][a-z0-9_]*")
HOOKS = ("x2face_drivers", "x2face_mappings", "x2face_commands")

# First words of the options of `x2face run`, present and reserved: a driver of that name would have options that look
# like those of run. "no" is the prefix of negated flags.
# fmt: off
RESERVED_NAMES = frozenset(
    {
        "background", "batch", "c2pa", "codec", "compare", "completion", "config", "crop", "device", "driver", "dtype",
        "embedded", "engine", "face", "finish", "force", "fps", "fusion", "help", "json", "log", "manifest",
        "mapping", "mark", "no", "output", "overwrite", "paste", "plugins", "preview", "progress", "quality", "quiet",
        "record", "resume", "seconds", "seed", "session", "set", "sharpen", "size", "smooth", "sound", "source",
        "still", "strict", "threads", "verbose", "version", "weights", "workers",
    }
)
# Names of commands, present and reserved, that plugins cannot use.
RESERVED_COMMANDS = frozenset(
    {
        "batch", "check", "convert", "demo", "doctor", "drivers", "embed", "evaluate", "export", "figure", "fit",
        "help", "live", "prepare", "rerun", "run", "table", "train", "web", "weights",
    }
)
# fmt: on
# Fields of every driver that the host provides: --NAME-weight, --NAME-only and so on.
RESERVED_FIELDS = frozenset({"weight", "start", "stop", "only", "without"})


def check_hooks(plugin: Any) -> None:
    """PluginError for a function that is named or marked like a hook, but is not one."""
    hooks = [name for name in dir(plugin) if _looks_like_a_hook(name, getattr(plugin, name, None))]
    for name in hooks:
        if name not in HOOKS:
            import difflib  # imported late, as it slows every start down

            close = difflib.get_close_matches(name, HOOKS, 1)
            raise PluginError(
                f"{name} is no hook; {f'did you mean {close[0]}?' if close else 'hooks are ' + ', '.join(HOOKS)}"
            )
        if not hasattr(getattr(plugin, name), f"{PROJECT}_impl"):
            raise PluginError(f"{name} is not marked; put @hookimpl above it")
    if not hooks:
        raise PluginError(f"it has none of the hooks {', '.join(HOOKS)}; does the entry point name the right module?")


def _looks_like_a_hook(name: str, value: Any) -> bool:
    return inspect.isroutine(value) and (name.startswith("x2face_") or hasattr(value, f"{PROJECT}_impl"))


def check_driver(spec: Any) -> DriverSpec | OverlaySpec:
    """Validate the spec of a driver or an overlay and return it. PluginError says what is wrong."""
    if not isinstance(spec, DriverSpec | OverlaySpec):
        raise PluginError(f"x2face_drivers gave {spec!r}, which is no DriverSpec and no OverlaySpec")
    _check_origin(spec.name, spec.api)
    if spec.name in RESERVED_NAMES:
        raise PluginError(f"the driver name {spec.name} is kept for `x2face run`'s own options; choose another")
    _check_fields(spec)
    _check_settings(spec.name, spec.settings)
    return spec


def check_mapping(spec: Any) -> MappingSpec:
    """Validate the spec of a mapping and return it. PluginError says what is wrong."""
    if not isinstance(spec, MappingSpec):
        raise PluginError(f"x2face_mappings gave {spec!r}, which is no MappingSpec")
    _check_origin(spec.name, spec.api)
    _check_fields(spec)
    if not spec.labels or len(spec.labels) != len(spec.units):
        raise PluginError(
            f"{spec.name} has {len(spec.labels)} labels and {len(spec.units)} units; it needs a unit a label"
        )
    return spec


def refuse_twins(specs: Sequence[Spec]) -> None:
    """PluginError if one plugin uses a name twice."""
    for name, times in Counter(spec.name for spec in specs).items():
        if times > 1:
            raise PluginError(f"it brings {name} {times} times")


def _check_origin(name: Any, api: Any) -> None:
    if isinstance(api, int) and api > API:
        raise PluginError(f"{name} was written for plugin interface {api}, this x2face has {API}; update x2face")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise PluginError(f"{name!r} is no name; it may be a-z, 0-9 and _, and begins with a letter")


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value.splitlines()) == 1


def _is_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "api": (lambda value: isinstance(value, int), "a whole number"),
    "summary": (_is_line, "one line of text"),
    "load": (callable, "a function"),
    "demo": (lambda value: value is None or callable(value), "a function"),
    "holds": (_is_names, "a tuple of names"),
    "moves": (_is_names, "a tuple of names"),
    "labels": (_is_names, "a tuple of names"),
    "units": (_is_names, "a tuple of names"),
    "files": (lambda value: isinstance(value, tuple), "a tuple of paths"),
    **dict.fromkeys(("relative", "endless", "live", "follows_sound", "moving", "factor"), (_is_flag, "True or False")),
}


def _check_fields(spec: Spec) -> None:
    """PluginError for a field of the wrong type."""
    for field in dataclasses.fields(spec):
        fits, wanted = FIELDS.get(field.name, (lambda value: True, ""))
        value = getattr(spec, field.name)
        if not fits(value):
            raise PluginError(f"{spec.name} was declared with {field.name}={value!r}; {wanted} is needed")


def _check_settings(name: str, settings: Any) -> None:
    if not (isinstance(settings, type) and dataclasses.is_dataclass(settings)):
        raise PluginError(f"the settings of {name} are {settings!r}; they have to be a frozen dataclass")
    parameters: Any = getattr(settings, "__dataclass_params__", None)
    if not parameters.frozen:
        raise PluginError(f"the settings of {name} can be changed; write @dataclass(frozen=True)")
    try:
        declared = read_settings(settings)
    except (TypeError, NameError) as error:
        raise PluginError(f"the settings of {name} cannot be read: {error}") from error
    taken = sorted(RESERVED_FIELDS.intersection(setting.name for setting in declared))
    if taken:
        raise PluginError(
            f"the settings of {name} have {', '.join(taken)}, which x2face adds to every driver; rename it"
        )
