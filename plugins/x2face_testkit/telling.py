"""Checks of what drivers and overlays report: their attributes, and errors for unusable inputs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from x2face_core.errors import InputError, PluginError, X2FaceError
from x2face_core.foreign import Owner, call_foreign
from x2face_plugins.inputs import inputs_of
from x2face_plugins.specs import DriverSpec, OverlaySpec
from x2face_testkit.declaring import demo_of, files_of
from x2face_testkit.promising import broken
from x2face_testkit.streaming import driving, flag, length_of
from x2face_testkit.tiny import TinySource

MANY = 10_000  # rows; a demo has fewer
RUBBISH = bytes(range(256)) * 8


def tells_the_truth(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """The attributes of the loaded driver are true: relative, endless, live, holds, frames, sound, box, warnings."""
    driver = spec.load(demo_of(spec, folder))
    sound = getattr(driver, "sound", None)
    for name in ("relative", "endless", "live", "follows_sound"):
        if not isinstance(getattr(driver, name, False), bool):
            broken(f"{name} is {getattr(driver, name)!r}; True or False is needed")
    goes_on = flag(driver, spec, "endless") or flag(driver, spec, "live")
    rows = 0
    with driving(driver, source) as stream:
        for chunk in stream:
            rows += length_of(chunk)
            if goes_on or rows > MANY:
                break
    if (now := getattr(driver, "sound", None)) != sound:
        broken(f"its sound is {now} while it drives and was {sound} before; say it when it is loaded")
    frames = getattr(driver, "frames", None)
    if frames is not None and not goes_on and frames != rows:
        broken(f"it says that it yields {frames} rows, and yields {rows}")
    _tell_besides(driver)
    return None


def _tell_besides(driver: Any) -> None:
    for name, holds, wanted in BESIDES:
        value = getattr(driver, name, None)
        if value is not None and not holds(value):
            broken(f"{name} is {value!r}; {wanted} is needed")


def _is_box(value: Any) -> bool:
    return len(value) == 4 and all(math.isfinite(number) for number in value)


def _is_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


BESIDES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("sound", lambda value: Path(value).is_file(), "a file that exists"),
    ("box", _is_box, "x, y, width and height"),
    ("holds", _is_names, "a tuple of names"),
    ("warnings", lambda value: all(isinstance(one, str) for one in value), "a list of texts"),
)


def says_what_is_missing(spec: DriverSpec | OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """If its input is missing, it raises an InputError that names the input."""
    settings = demo_of(spec, folder)
    for name, path in files_of(settings).items():
        gone = folder / "gone" / path.name
        error = _refusal(spec, source, _with(settings, name, gone))
        if error is None:
            broken(f"it takes no notice that {name} is missing")
        if not isinstance(error, InputError) or gone.name not in str(error):
            broken(f"where {name} is missing it raises {error!r}; raise InputError and say which file")
    return None if files_of(settings) else "its demo reads no file"


def refuses_rubbish(spec: DriverSpec | OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """A file of random bytes, or an empty folder, as input is refused with an error for the user."""
    settings = demo_of(spec, folder)
    for name, path in files_of(settings).items():
        rubbish = folder / "rubbish" / path.name
        rubbish.parent.mkdir(exist_ok=True)
        rubbish.mkdir() if path.is_dir() else rubbish.write_bytes(RUBBISH)
        error = _refusal(spec, source, _with(settings, name, rubbish))
        if error is None:
            broken(f"it makes something of rubbish as {name}")
        if not isinstance(error, X2FaceError) or isinstance(error, PluginError):
            broken(f"rubbish as {name} raises {error!r}; raise InputError and say what was expected")
    return None if files_of(settings) else "its demo reads no file"


def _with(settings: Any, name: str, path: Path) -> Any:
    """The settings with one path replaced, in the type of the field."""
    return dataclasses.replace(settings, **{name: type(getattr(settings, name))(path)})


def _refusal(spec: DriverSpec | OverlaySpec, source: TinySource, settings: Any) -> BaseException | None:
    """The exception of loading and the first step, or None."""
    try:
        call_foreign(Owner(spec.role, spec.name), lambda: _begin(spec, source, settings), inputs_of(spec, settings))
    except PluginError as error:
        return error.__cause__ or error  # the original exception of a bug
    except X2FaceError as error:
        return error
    return None


def _begin(spec: DriverSpec | OverlaySpec, source: TinySource, settings: Any) -> None:
    if isinstance(spec, OverlaySpec):
        spec.load(settings).edit(source.face, 0.0)
        return
    with driving(spec.load(settings), source) as stream:
        next(stream, None)
