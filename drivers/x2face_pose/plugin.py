"""Declarations of the pose driver and its mapping, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl
from x2face_pose.settings import AXES, Settings

if TYPE_CHECKING:
    from x2face_plugins import Driver, Mapping

FITTED = Path(__file__).parent / "mappings"


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
        moves=("pose",),
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
