"""The declarations of this plugin. x2face imports this module at every start, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, MappingSpec, hookimpl

from x2face_blendshapes.settings import LABELS, UNITS, Settings

if TYPE_CHECKING:
    from x2face_blendshapes.driver import BlendshapesDriver
    from x2face_blendshapes.mapping import BlendshapesMapping

FITTED = Path(__file__).parent / "mappings"


def load(settings: Settings) -> BlendshapesDriver:
    """Make the driver, when it is first used; heavy imports belong here."""
    from x2face_blendshapes.driver import BlendshapesDriver

    return BlendshapesDriver(settings)


def load_mapping() -> BlendshapesMapping:
    """Make an unfitted mapping; x2face fits it, or loads a fitted state into it."""
    from x2face_blendshapes.mapping import BlendshapesMapping

    return BlendshapesMapping()


def demo(folder: Path) -> Settings:
    """Write a tiny input to try the driver with: a word, a smile, a blink and a turn of the head."""
    from x2face_blendshapes.demo import write_take

    return Settings(input=write_take(folder / "take.csv"))


def demo_examples(folder: Path) -> None:
    """A tiny folder to fit to."""
    from x2face_blendshapes.demo import write_tracks

    write_tracks(folder)


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="blendshapes",
        summary="Move like a take of ARKit blendshapes, as Live Link Face records one",
        relative=True,
        settings=Settings,
        load=load,
        demo=demo,
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="blendshapes",
        summary="What jaw, mouth corners and lids do to the driving vector, learned from films with labels",
        labels=LABELS,
        units=UNITS,
        load=load_mapping,
        files=tuple(sorted(FITTED.glob("*.safetensors"))),
        demo=demo_examples,
    )
