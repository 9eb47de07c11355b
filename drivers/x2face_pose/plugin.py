"""The declaration of the pose driver and its mapping: light, the work is in the modules beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_core.driving import Driver, Mapping

AXES = ("roll", "pitch", "yaw")
FITTED = Path(__file__).parent / "mappings"
_SWEEP = "A:B|A,B,…"


@dataclass(frozen=True)
class Settings:
    """Angles in degrees: roll clockwise in the picture, pitch up, yaw to the picture's right."""

    input: Path | None = option(
        None, metavar="FILE.csv", help="A table seconds,roll,pitch,yaw, in degrees; smooth between its rows."
    )
    roll: str | None = option(None, metavar=_SWEEP, help="Tip the head clockwise: from A to B, or through keyframes.")
    pitch: str | None = option(None, metavar=_SWEEP, help="Lift the head, in the same way.")
    yaw: str | None = option(None, metavar=_SWEEP, help="Turn the head to the picture's right, in the same way.")
    seconds: float | None = option(
        None, min=0.01, help="How long sweeps last, and a table that has one row; 4 seconds by default."
    )
    absolute: bool = option(False, help="Angles are the head's pose itself, not added to the source's own.")


def load(settings: Settings) -> Driver:
    from x2face_pose.driver import PoseDriver

    return PoseDriver(settings)


def load_mapping() -> Mapping:
    from x2face_pose.mapping import PoseMapping

    return PoseMapping()


def demo(folder: Path) -> Settings:
    table = folder / "nod.csv"
    table.write_text("seconds,roll,pitch,yaw\n0,0,0,0\n0.2,2,8,-10\n0.4,0,0,0\n")
    return Settings(input=table)


def demo_mapping(folder: Path) -> Path:
    from x2face_pose.demo import write_pictures

    return write_pictures(folder)


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="pose",
        summary="Turn the head by roll, pitch and yaw, from a table of angles or in sweeps",
        relative=True,
        settings=Settings,
        load=load,
        demo=demo,
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="pose",
        summary="The head's roll, pitch and yaw, read from driving vectors and written into them",
        labels=AXES,
        units=("degrees",) * len(AXES),
        load=load_mapping,
        files=tuple(sorted(FITTED.glob("*.safetensors"))),
        factor=True,
        demo=demo_mapping,
    )
