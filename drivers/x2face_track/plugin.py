"""Declaration of the track driver, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl
from x2face_track.settings import Settings

if TYPE_CHECKING:
    from x2face_plugins import Driver


def load(settings: Settings) -> Driver:
    from x2face_track.driver import TrackDriver

    return TrackDriver(settings)


def demo(folder: Path) -> Settings:
    from x2face_track.demo import write_demo

    return Settings(input=write_demo(folder / "motion.x2v"))


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="track",
        summary="Replay the motion that a run recorded",
        relative=True,
        settings=Settings,
        load=load,
        demo=demo,
    )
