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
    """Write a tiny input to try the driver with: the stick goes once to the right and up."""
    path = folder / "recording.txt"
    path.write_text("".join(f"{k / 10} {k / 20}\n" for k in range(11)))
    return Settings(input=path)


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="gamepad",
        summary="Turn the head by a recorded stick",
        relative=True,  # it yields offsets: how far the face is from where it was
        settings=Settings,
        load=load,
        demo=demo,
    )
