"""The driver's options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --gamepad, reach is --gamepad-reach."""

    input: Path = option(metavar="FILE", help="A recording: a line a moment, the stick's x and y, each from -1 to 1.")
    reach: float = option(20.0, help="Degrees that the head turns at full stick.", min=0, max=60)
    fps: float = option(25.0, help="Lines a second.", min=1, max=240)
