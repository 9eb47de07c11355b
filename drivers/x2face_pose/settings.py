"""Settings of the pose driver, and the names of its three angles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2face_plugins import LONGEST, option

AXES = ("roll", "pitch", "yaw")
_SWEEP = "A:B|A,B,…"


@dataclass(frozen=True)
class Settings:
    """Angles in degrees: roll clockwise in the picture, pitch up, yaw to the picture's right."""

    input: Path | None = option(
        None, metavar="FILE.csv", help="A table seconds,roll,pitch,yaw, in degrees; smooth between its rows."
    )
    roll: str | None = option(None, metavar=_SWEEP, help="Tip the head clockwise: from A to B, or through keyframes.")
    pitch: str | None = option(None, metavar=_SWEEP, help="Lift the head, in the same way.")
    yaw: str | None = option(None, metavar=_SWEEP, help="Turn the head to the picture's right, in the same way.")
    seconds: float | None = option(
        None, min=0.01, max=LONGEST, help="How long sweeps last, and a table that has one row; 4 seconds by default."
    )
    absolute: bool = option(False, help="Angles are the head's pose itself, not added to the source's own.")
