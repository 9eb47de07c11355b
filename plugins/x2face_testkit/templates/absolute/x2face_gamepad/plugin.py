"""The declarations of this plugin. x2face imports this module at every start, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl

from x2face_gamepad.settings import Settings

if TYPE_CHECKING:
    from x2face_gamepad.driver import GamepadDriver


def load(settings: Settings) -> GamepadDriver:
    """Make the driver, when it is first used; heavy imports belong here."""
    from x2face_gamepad.driver import GamepadDriver

    return GamepadDriver(settings)


def demo(folder: Path) -> Settings:
    """Write a tiny input to try the driver with: three grey pictures."""
    from PIL import Image

    for k in range(3):
        Image.new("RGB", (32, 32), (60 + 60 * k,) * 3).save(folder / f"{k}.png")
    return Settings(input=folder, hold=0.4)


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="gamepad",
        summary="Move from the face in one picture to the next",
        relative=False,  # it yields driving vectors themselves: what the face looks like
        settings=Settings,
        load=load,
        demo=demo,
    )
