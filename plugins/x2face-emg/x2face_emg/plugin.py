"""What this plugin brings: values only; the work is in the modules beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_emg.driver import EmgDriver
    from x2face_emg.mapping import EmgMapping

CHANNELS: tuple[str, ...] = (
    "frontalis",  # lifts the brows
    "corrugator",  # knits them
    "orbicularis_oculi",  # closes the eye
    "levator_labii",  # lifts the upper lip
    "zygomaticus",  # draws the mouth's corner up and out
    "orbicularis_oris",  # closes and rounds the lips
    "depressor_anguli",  # draws the corner down
    "mentalis",  # pushes the lower lip up
    "masseter",  # closes the jaw
    "digastric",  # opens it
)


@dataclass(frozen=True)
class Settings:
    """A recording, and how far the face follows it."""

    input: Path = option(metavar="TAKE.csv", help="A recording: seconds and a column a muscle, such as zygomaticus.")
    gain: float = option(1.0, help="How far the face moves; 1 is as far as in the films learned from.", min=0, max=10)


def load(settings: Settings) -> EmgDriver:
    from x2face_emg.driver import EmgDriver

    return EmgDriver(settings)


def load_mapping() -> EmgMapping:
    from x2face_emg.mapping import EmgMapping

    return EmgMapping()


def demo(folder: Path) -> Settings:
    from x2face_emg.demo import write_take

    return Settings(input=write_take(folder / "take.csv"))


def demo_examples(folder: Path) -> None:
    """Two recordings, with films that are there in name."""
    from x2face_emg.demo import write_take

    for seed, name in enumerate(("monday", "tuesday")):
        write_take(folder / f"{name}.csv", seed)
        (folder / f"{name}.mp4").touch()


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="emg",
        summary="Move the face as its muscles' signals say (surface EMG, fitted to films of your own)",
        relative=True,
        holds=("pose",),  # muscles of the face turn no head
        settings=Settings,
        load=load,
        demo=demo,
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="emg",
        summary="What the face does at each muscle's activity above rest",
        labels=CHANNELS,
        units=("as recorded",) * len(CHANNELS),
        load=load_mapping,
        demo=demo_examples,
    )
