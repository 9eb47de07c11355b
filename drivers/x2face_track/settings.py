"""Settings of the track driver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """The motion file, and how it is used."""

    input: Path = option(metavar="FILE.x2v", help="A motion that `x2face run --record FILE.x2v` wrote.")
    absolute: bool = option(
        False, help="Take over the recorded face's pose as it was, not its motion from the face at rest."
    )
