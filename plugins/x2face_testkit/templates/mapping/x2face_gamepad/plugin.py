"""What this plugin brings. x2face imports this module at every start: values only, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_gamepad.driver import GamepadDriver
    from x2face_gamepad.mapping import GamepadMapping

LABELS: tuple[str, ...] = ("x", "y")  # the columns of a recording, after the seconds
UNITS: tuple[str, ...] = ("1", "1")


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --gamepad, gain is --gamepad-gain."""

    input: Path = option(metavar="FILE.csv", help="A recording: a head line seconds,x,y and a line a moment.")
    gain: float = option(1.0, help="How much the face moves; 1 is as much as in the films.", min=0, max=10)


def load(settings: Settings) -> GamepadDriver:
    """Called once the driver is used; here it may take its time."""
    from x2face_gamepad.driver import GamepadDriver

    return GamepadDriver(settings)


def load_mapping() -> GamepadMapping:
    """A mapping that has learned nothing; x2face fits it, or loads what was fitted."""
    from x2face_gamepad.mapping import GamepadMapping

    return GamepadMapping()


def demo(folder: Path) -> Settings:
    """A tiny input, by which anybody can try the driver: two seconds, ten lines a second."""
    path = folder / "recording.csv"
    rows = [f"{k / 10},{k / 20},{1 - k / 20}\n" for k in range(21)]
    path.write_text("".join(["seconds,x,y\n", *rows]))
    return Settings(input=path)


def demo_examples(folder: Path) -> None:
    """A tiny folder to fit to: a recording, and the film beside it."""
    demo(folder).input.with_suffix(".mp4").touch()  # the test kit makes up what films show


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="gamepad",
        summary="Drive by numbers that were recorded beside films",
        relative=True,  # it yields offsets: how far the face is from where it was
        settings=Settings,
        load=load,
        demo=demo,
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="gamepad",
        summary="What the face does at each number recorded",
        labels=LABELS,
        units=UNITS,
        load=load_mapping,
        demo=demo_examples,
    )
