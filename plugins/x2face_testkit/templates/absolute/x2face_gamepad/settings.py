"""The driver's options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --gamepad, hold is --gamepad-hold."""

    input: Path = option(metavar="FOLDER", help="Pictures of a face, cropped to squares around it, in order of name.")
    hold: float = option(1.0, help="Seconds from one picture to the next.", min=0.1, max=60)
