"""The declarations of this plugin. x2face imports this module at every start, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl

from x2face_gamepad.settings import HEADER, LABELS, UNITS, Settings

if TYPE_CHECKING:
    from x2face_gamepad.driver import GamepadDriver
    from x2face_gamepad.mapping import GamepadMapping


def load(settings: Settings) -> GamepadDriver:
    """Make the driver, when it is first used; heavy imports belong here."""
    from x2face_gamepad.driver import GamepadDriver

    return GamepadDriver(settings)


def load_mapping() -> GamepadMapping:
    """Make an unfitted mapping; x2face fits it, or loads a fitted state into it."""
    from x2face_gamepad.mapping import GamepadMapping

    return GamepadMapping()


def demo(folder: Path) -> Settings:
    """Write a tiny input to try the driver with."""
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
