"""Declarations of the audio driver and its mappings, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_audio.settings import FEATURES, PAPER_FEATURES, Settings
from x2face_plugins import DriverSpec, MappingSpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Driver, Mapping

_FITTED = Path(__file__).parent / "mappings"


def load(settings: Settings) -> Driver:
    if settings.of_features:
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
    yield MappingSpec(
        name="audio_features",
        summary="The 256 features of speech that the paper drives with, from files, to driving vectors",
        labels=tuple(f"fc7_{k}" for k in range(PAPER_FEATURES)),
        units=("",) * PAPER_FEATURES,
        load=load_features,
        demo=demo_features,
    )
