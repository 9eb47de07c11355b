"""The declaration of the audio driver and its mapping: light, the work is in x2face_audio.driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from x2face_plugins import DriverSpec, MappingSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_core.driving import Driver, Mapping

FEATURES = 128
_FITTED = Path(__file__).parent / "mappings"


@dataclass(frozen=True)
class Settings:
    """What is heard, and how far and how smoothly the lips follow."""

    input: str = option(
        metavar="FILE|mic", help="A file with sound, a film too; mic: a microphone (needs the extra `microphone`)."
    )
    gain: float = option(1.0, help="How widely the mouth moves; 1: as widely as people's do.", min=0, max=5)
    smooth: float = option(
        0.8, help="Standard deviation of the smoothing in time, in frames of 1/25 s; 0: none.", min=0, max=10
    )
    device: str | None = option(
        None, metavar="NAME|FILE", help="With mic: which one, or a file that plays as if it were one."
    )
    correction: Literal["held", "paper", "none"] = option(
        "held",
        help="How the head is kept still: as the released code does, by the paper's printed equation, not at all.",
    )


def load(settings: Settings) -> Driver:
    from x2face_audio.driver import AudioDriver

    return AudioDriver(settings)


def load_mapping() -> Mapping:
    from x2face_audio.mapping import AudioMapping

    return AudioMapping()


def demo(folder: Path) -> Settings:
    from x2face_audio.demo import write_demo

    return Settings(input=str(write_demo(folder / "speech.wav")))


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="audio",
        summary="Move the lips to speech, from a file, a film or a microphone",
        relative=True,
        holds=("pose",),
        follows_sound=True,
        settings=Settings,
        load=load,
        demo=demo,
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="audio",
        summary="What is heard in 0.7 s around a moment, by the sync encoder, to driving vectors",
        labels=tuple(f"speech_{k}" for k in range(FEATURES)),
        units=("",) * FEATURES,
        load=load_mapping,
        files=tuple(sorted(_FITTED.glob("*.safetensors"))),
    )
