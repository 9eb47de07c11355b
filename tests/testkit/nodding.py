"""A plugin for tests, whole: a driver of one line of settings, which nods by rng."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x2face_plugins import Chunk, DriverSpec, hookimpl, option


@dataclass(frozen=True)
class Settings:
    size: float = option(0.1, help="How far.", min=0, max=1)


class Nod:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def drive(self, source: Any) -> Iterator[Chunk]:
        import numpy as np

        yield Chunk(self.settings.size * np.random.default_rng().normal(size=(10, 128)), fps=25.0)


def demo(folder: Path) -> Settings:
    return Settings()


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(name="nod", summary="Nods", relative=True, settings=Settings, load=Nod, demo=demo)
