"""The declarations of this plugin, without heavy imports; the work is in the other modules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl

from x2face_emg.settings import CHANNELS, Settings

if TYPE_CHECKING:
    from x2face_emg.driver import EmgDriver
    from x2face_emg.mapping import EmgMapping


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
    """Two recordings with empty films."""
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
