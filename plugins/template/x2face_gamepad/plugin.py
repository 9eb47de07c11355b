"""What this plugin brings. x2face imports this module at every start: values only, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_gamepad.driver import GamepadDriver


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --gamepad, reach is --gamepad-reach."""

    input: Path = option(metavar="FILE", help="A recording: a line a moment, the stick's x and y, each from -1 to 1.")
    reach: float = option(20.0, help="Degrees that the head turns at full stick.", min=0, max=60)
    fps: float = option(25.0, help="Lines a second.", min=1, max=240)


def load(settings: Settings) -> GamepadDriver:
    """Called once the driver is used; here it may take its time."""
    from x2face_gamepad.driver import GamepadDriver

    return GamepadDriver(settings)


def demo(folder: Path) -> Settings:
    """A tiny input, by which anybody can try the driver: the stick goes once to the right and up."""
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
