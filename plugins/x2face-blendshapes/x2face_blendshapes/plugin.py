"""What this plugin brings. x2face imports this module at every start: values only, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from x2face_plugins import DriverSpec, MappingSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_blendshapes.driver import BlendshapesDriver
    from x2face_blendshapes.mapping import BlendshapesMapping

LABELS: tuple[str, ...] = ("jaw_open", "mouth_width", "eye_blink_left", "eye_blink_right")
UNITS: tuple[str, ...] = ("coefficient",) * len(LABELS)
FITTED = Path(__file__).parent / "mappings"


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --blendshapes, gain is --blendshapes-gain."""

    input: Path = option(metavar="FILE.csv", help="A take as Live Link Face writes it: Timecode, EyeBlinkLeft, …")
    gain: float = option(1.0, min=0, max=4, help="How much mouth and lids move.")
    head: float = option(1.0, min=0, max=3, help="How much the head turns; 0 leaves it where it is.")
    rest: Literal["middle", "first", "none"] = option(
        "middle", help="Where the head is straight: in the middle of its motion, in the first row, or at 0 degrees."
    )
    angles: Literal["radians", "degrees"] = option("radians", help="The unit of HeadYaw, HeadPitch and HeadRoll.")
    flip: tuple[Literal["roll", "pitch", "yaw"], ...] = option(
        (), help="An angle that goes the wrong way; it depends on how the phone was held. Again for more."
    )
    mirror: bool = option(False, help="Move as in a mirror: left is right.")
    timecode: int | None = option(
        None, min=1, max=240, help="Frames a second that Timecode counts, if not as it seems."
    )


def load(settings: Settings) -> BlendshapesDriver:
    """Called once the driver is used; here it may take its time."""
    from x2face_blendshapes.driver import BlendshapesDriver

    return BlendshapesDriver(settings)


def load_mapping() -> BlendshapesMapping:
    """A mapping that has learned nothing; x2face fits it, or loads what was fitted."""
    from x2face_blendshapes.mapping import BlendshapesMapping

    return BlendshapesMapping()


def demo(folder: Path) -> Settings:
    """A tiny input, by which anybody can try the driver: a word, a smile, a blink and a turn of the head."""
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
