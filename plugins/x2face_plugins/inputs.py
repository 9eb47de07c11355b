"""Which files and folders the user named for a driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x2face_core.foreign import Inputs
from x2face_plugins.settings import flag_name, read_settings
from x2face_plugins.specs import DriverSpec, OverlaySpec


def inputs_of(spec: DriverSpec | OverlaySpec, settings: Any) -> Inputs:
    """The files and folders that settings name, each with the option that names it."""
    named = [one for one in read_settings(spec.settings) if one.kind is Path or one.name == "input"]
    values = [(flag_name(spec.name, one.name), getattr(settings, one.name)) for one in named]
    return tuple((flag, Path(value)) for flag, value in values if isinstance(value, str | Path) and str(value))
