"""Settings of the edit overlay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """The picture and its placement. None: the value of the preset, else the default in the help."""

    input: Path = option(
        metavar="PICTURE|FILM|PRESET.json|.zip",
        help="What is painted: a picture with or without transparency, a gif or film, or a preset of several; a .zip "
        "holds a preset with its pictures.",
    )
    at: str | None = option(
        None,
        metavar="X,Y|ANCHOR",
        help="Where its middle is: from -1,-1, the embedded face's upper left corner, to 1,1; or forehead, left_cheek, "
        "right_cheek, nose, chin, left_eye, right_eye, mouth (left: the picture's). Default 0,0.",
    )
    scale: float | None = option(
        None, min=0.001, max=10, help="Its width as a share of the embedded face's width. Default 0.25."
    )
    rotate: float | None = option(None, min=-360, max=360, help="Degrees, clockwise. Default 0.")
    opacity: float | None = option(None, min=0, max=1, help="From 0, unseen, to 1. Default 1.")
    flip: bool | None = option(None, help="Mirror it, before it is rotated.")
    blend: Literal["normal", "multiply", "screen"] | None = option(
        None, help="Paint over the face, darken it or lighten it. Default normal."
    )
    save: Path | None = option(
        None,
        metavar="PRESET.json",
        writes=True,
        help="Write all of this to a new preset, to be given instead of the picture.",
    )
