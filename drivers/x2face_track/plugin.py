"""The declaration of the track driver: light, the work is in x2face_track.driver."""

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
    """Which motion, and how it is taken."""

    input: Path = option(metavar="FILE.x2v", help="A motion that `x2face run --record FILE.x2v` wrote.")
    absolute: bool = option(
        False, help="Take over the recorded face's pose as it was, not its motion from the face at rest."
    )


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
