"""The declaration of the frame driver: light, the work is in x2face_frame.driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_core.driving import Driver


@dataclass(frozen=True)
class Settings:
    """What drives, and how its vectors are taken."""

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
    crop: str = option(
        "auto",
        metavar="auto|none|X,Y,W,H",
        help="Where the driving face is: found, the whole picture squared, or a rectangle; one box for the whole film.",
    )
    track: int | None = option(
        None, min=1, help="Which of a film's tracks of pictures, from 1; the file's default otherwise."
    )


def load(settings: Settings) -> Driver:
    from x2face_frame.driver import FrameDriver

    return FrameDriver(settings)


def demo(folder: Path) -> Settings:
    from x2face_frame.demo import write_demo

    return Settings(input=str(write_demo(folder / "frames")), crop="none")


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="frame",
        summary="Move like the face in a film, a picture, a folder of pictures or a camera",
        relative=True,
        settings=Settings,
        load=load,
        demo=demo,
    )
