"""Declaration of the idle driver, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_idle.settings import Settings
from x2face_plugins import DriverSpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Driver


def load(settings: Settings) -> Driver:
    from x2face_idle.driver import IdleDriver

    return IdleDriver(settings)


def demo(folder: Path) -> Settings:
    return Settings()


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
