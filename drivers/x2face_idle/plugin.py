"""The declaration of the idle driver and its mapping: light, the work is in the modules beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_idle.settings import LABELS, UNITS, Settings
from x2face_plugins import DriverSpec, MappingSpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Driver, Mapping

FITTED = Path(__file__).parent / "mappings"


def load(settings: Settings) -> Driver:
    from x2face_idle.driver import IdleDriver

    return IdleDriver(settings)


def load_lids() -> Mapping:
    from x2face_idle.lids import Lids

    return Lids()


def demo(folder: Path) -> Settings:
    return Settings()


def demo_lids(folder: Path) -> Path:
    from x2face_idle.demo import write_tracks

    return write_tracks(folder)


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="idle",
        summary="Blink, and sway the head a little, for as long as the film lasts",
        relative=True,
        endless=True,
        settings=Settings,
        load=load,
        demo=demo,
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="lids",
        summary="How far a blink has closed the eyes, learned from blinks in films with lid labels",
        labels=LABELS,
        units=UNITS,
        load=load_lids,
        files=tuple(sorted(FITTED.glob("*.safetensors"))),
        demo=demo_lids,
    )
