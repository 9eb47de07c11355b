"""Settings of the frame driver."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """The driving input, and how its motion is used."""

    input: str = option(
        metavar="FILM|PICTURE|FOLDER|CAMERA",
        help="A film, a picture, a folder of pictures (a frame each, by name, at --fps) or a camera's number.",
    )
    absolute: bool = option(False, help="Take over the driving face's pose as it is, not its motion from a rest frame.")
    zero: str = option(
        "auto",
        metavar="auto|N",
        help="The frame that counts as rest, from 0; auto: the one nearest to the source's pose and expression.",
    )
    expression: float = option(
        1.0,
        min=0,
        max=3,
        metavar="FLOAT",
        help="How much mouth, lids and gaze move: 1 as much as the driver's, 0 not at all, 2 twice as much.",
    )
    raw: bool = option(
        False,
        before=True,
        help="Do not make up for mouths and eyes that frames move less than the driver does.",
    )
    raw_pose: bool = option(
        False,
        before=True,
        help="Do not correct the head's turning by what frames show of it, nor keep it within reach of the source; "
        "part of --frame-raw.",
    )
    unmeasured: bool = option(
        False,
        before=True,
        help="Take the driver's pose, mouth and eyes from driving vectors alone, without the network that measures "
        "them in its pictures; part of --frame-raw.",
    )
    crop: str = option(
        "auto",
        metavar="auto|none|X,Y,W,H",
        help="Where the driving face is: found, the whole picture squared, or a rectangle; one box for the whole film.",
    )
    track: int | None = option(
        None, min=1, help="Which of a film's tracks of pictures, from 1; the file's default otherwise."
    )
