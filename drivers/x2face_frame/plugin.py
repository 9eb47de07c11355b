"""Declaration of the frame driver, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_frame.settings import Settings
from x2face_plugins import DriverSpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Driver


def load(settings: Settings) -> Driver:
    from x2face_plugins.searching import begin_search

    search = begin_search(settings.input, settings.crop, settings.track)  # while torch and the weights are loaded
    from x2face_frame.driver import FrameDriver

    return FrameDriver(settings, search)


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
