"""Settings of the driver; labels and units of its mapping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from x2face_plugins import option

LABELS: tuple[str, ...] = ("jaw_open", "mouth_width", "eye_blink_left", "eye_blink_right")
UNITS: tuple[str, ...] = ("coefficient",) * len(LABELS)


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --blendshapes, gain is --blendshapes-gain."""

    input: Path = option(metavar="FILE.csv", help="A take as Live Link Face writes it: Timecode, EyeBlinkLeft, …")
    gain: float = option(1.0, min=0, max=4, help="How much mouth and lids move.")
    head: float = option(1.0, min=0, max=3, help="How much the head turns; 0 leaves it where it is.")
    rest: Literal["middle", "first", "none"] = option(
        "middle", help="Where the head is straight: in the middle of its motion, in the first row, or at 0 degrees."
    )
    angles: Literal["radians", "degrees"] = option("radians", help="The unit of HeadYaw, HeadPitch and HeadRoll.")
    flip: tuple[Literal["roll", "pitch", "yaw"], ...] = option(
        (), help="An angle that goes the wrong way; it depends on how the phone was held. Again for more."
    )
    mirror: bool = option(False, help="Move as in a mirror: left is right.")
    timecode: int | None = option(
        None, min=1, max=240, help="Frames a second that Timecode counts, if not as it seems."
    )
