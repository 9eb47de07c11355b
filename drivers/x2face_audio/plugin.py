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
RELEASED = 256
"""Numbers of the features that the paper drives with (4.2)."""
FEATURE_FILES = (".npz", ".npy")
MICROPHONE = "mic"
_FITTED = Path(__file__).parent / "mappings"


@dataclass(frozen=True)
class Settings:
    """What is heard, and how far and how smoothly the lips follow."""

    input: str = option(
        metavar="FILE|mic",
        help="A file with sound, a film too; mic: a microphone (needs the extra `microphone`); a .npz, or a folder of "
        "them, with the paper's features.",
    )
    gain: float = option(1.0, help="How widely the mouth moves; 1: as widely as people's do.", min=0, max=5)
    smooth: float | None = option(
        None,
        help="Standard deviation of the smoothing in time, in frames of 1/25 s; 0: none; by default 0.8, features 0.",
        min=0,
        max=10,
    )
    device: str | None = option(
        None, metavar="NAME|FILE", help="With mic: which one, or a file that plays as if it were one."
    )
    correction: Literal["held", "paper", "none"] = option(
        "held",
        help="How the head is kept still: as the released code does, by the paper's printed equation, not at all.",
    )
    rest: Path | None = option(
        None, metavar="FILE.npz", help="With features: those of the source's own sound; by default the mean of all."
    )
    fps: float | None = option(None, help="With features: rows a second; by default 25.", min=1, max=240)


def load(settings: Settings) -> Driver:
    path = Path(settings.input)
    if settings.input != MICROPHONE and (path.suffix.lower() in FEATURE_FILES or path.is_dir()):
        from x2face_audio.feature_driver import FeatureDriver

        return FeatureDriver(settings)
    from x2face_audio.driver import AudioDriver

    return AudioDriver(settings)


def load_mapping() -> Mapping:
    from x2face_audio.mapping import AudioMapping

    return AudioMapping()


def load_features() -> Mapping:
    from x2face_audio.feature_mapping import FeatureMapping

    return FeatureMapping()


def demo_features(folder: Path) -> Path:
    from x2face_audio.demo import write_features

    return write_features(folder)


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
    yield MappingSpec(
        name="audio_features",
        summary="The 256 features of speech that the paper drives with, from files, to driving vectors",
        labels=tuple(f"fc7_{k}" for k in range(RELEASED)),
        units=("",) * RELEASED,
        load=load_features,
        demo=demo_features,
    )
