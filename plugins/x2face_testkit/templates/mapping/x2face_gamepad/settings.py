"""The driver's options, and what a recording holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2face_plugins import option

LABELS: tuple[str, ...] = ("x", "y")  # the columns of a recording, after the seconds; to be changed here only
UNITS: tuple[str, ...] = ("1", "1")
HEADER = ",".join(("seconds", *LABELS))


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --gamepad, gain is --gamepad-gain."""

    input: Path = option(metavar="FILE.csv", help=f"A recording: a head line {HEADER} and a line a moment.")
    gain: float = option(1.0, help="How much the face moves; 1 is as much as in the films.", min=0, max=10)
