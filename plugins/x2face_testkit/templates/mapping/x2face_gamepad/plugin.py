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

LABELS: tuple[str, ...] = ("x", "y")  # the columns of a recording, after the seconds; to be changed here only
UNITS: tuple[str, ...] = ("1", "1")
HEADER = ",".join(("seconds", *LABELS))


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --gamepad, gain is --gamepad-gain."""

    input: Path = option(metavar="FILE.csv", help=f"A recording: a head line {HEADER} and a line a moment.")
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
    """A tiny input, by which anybody can try the driver."""
    return Settings(input=write_recording(folder / "recording.csv"))


def demo_examples(folder: Path) -> None:
    """A tiny folder to fit to: recordings, and the films beside them."""
    for name in ("monday", "tuesday"):
        write_recording(folder / f"{name}.csv").with_suffix(".mp4").touch()  # the test kit makes up what films show


def write_recording(path: Path) -> Path:
    """Two seconds, ten lines a second."""
    rows = [[k / 10, *((k + column) % 21 / 20 for column in range(len(LABELS)))] for k in range(21)]
    path.write_text("\n".join([HEADER, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


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
