"""Settings of the audio driver, and how many numbers describe a moment of sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from x2face_plugins import option

FEATURES = 128


@dataclass(frozen=True)
class Settings:
    """What is heard, and how far and how smoothly the lips follow."""

    input: str = option(
        metavar="FILE|mic", help="A file with sound, a film too; mic: a microphone (needs the extra `microphone`)."
    )
    gain: float = option(1.0, help="How widely the mouth moves; 1: as widely as people's do.", min=0, max=5)
    smooth: float = option(
        0.8, help="Standard deviation of the smoothing in time, in frames of 1/25 s; 0: none.", min=0, max=10
    )
    device: str | None = option(
        None, metavar="NAME|FILE", help="With mic: which one, or a file that plays as if it were one."
    )
    correction: Literal["held", "paper", "none"] = option(
        "held",
        help="How the head is kept still: as the released code does, by the paper's printed equation, not at all.",
    )
