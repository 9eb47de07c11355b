"""Settings of the driver, and the names of the muscles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2face_plugins import option

CHANNELS: tuple[str, ...] = (
    "frontalis",  # lifts the brows
    "corrugator",  # knits them
    "orbicularis_oculi",  # closes the eye
    "levator_labii",  # lifts the upper lip
    "zygomaticus",  # draws the mouth's corner up and out
    "orbicularis_oris",  # closes and rounds the lips
    "depressor_anguli",  # draws the corner down
    "mentalis",  # pushes the lower lip up
    "masseter",  # closes the jaw
    "digastric",  # opens it
)


@dataclass(frozen=True)
class Settings:
    """A recording, and the gain of the face."""

    input: Path = option(metavar="TAKE.csv", help="A recording: seconds and a column a muscle, such as zygomaticus.")
    gain: float = option(1.0, help="How far the face moves; 1 is as far as in the films learned from.", min=0, max=10)
