"""The declarations of this plugin. x2face imports this module at every start, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl

from x2face_osc.settings import Settings

if TYPE_CHECKING:
    from x2face_osc.driver import OscDriver


def load(settings: Settings) -> OscDriver:
    """Make the driver, when it is first used; heavy imports belong here."""
    from x2face_osc.driver import OscDriver

    return OscDriver(settings)


def demo(folder: Path) -> Settings:
    """Settings to try the driver without a sender: it listens at a free port, and the face stays at rest."""
    from x2face_osc.listening import free_port

    return Settings(input=free_port())


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="osc",
        summary="Move live by OSC messages over UDP: head, mouth, lids, and VMC's blendshapes",
        relative=True,
        endless=True,
        live=True,
        settings=Settings,
        load=load,
        demo=demo,
    )
