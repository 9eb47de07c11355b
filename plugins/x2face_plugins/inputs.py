"""The input files and folders of a driver, from its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x2face_core.foreign import Inputs
from x2face_plugins.settings import flag_name, read_settings
from x2face_plugins.specs import DriverSpec, OverlaySpec


def inputs_of(spec: DriverSpec | OverlaySpec, settings: Any) -> Inputs:
    """Option and path of each file and folder named in settings."""
    named = [one for one in read_settings(spec.settings) if one.kind is Path or one.name == "input"]
    values = [(flag_name(spec.name, one.name), getattr(settings, one.name)) for one in named]
    return tuple((flag, Path(value)) for flag, value in values if isinstance(value, str | Path) and str(value))
