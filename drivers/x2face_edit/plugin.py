"""Declaration of the edit overlay, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_edit.settings import Settings
from x2face_plugins import OverlaySpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Overlay


def load(settings: Settings) -> Overlay:
    from x2face_edit.overlay import EditOverlay

    return EditOverlay.of(settings)


def demo(folder: Path) -> Settings:
    from x2face_edit.demo import write_demo

    return Settings(input=write_demo(folder / "layer.png"), at="0,-0.45", scale=0.2)


@hookimpl
def x2face_drivers() -> Iterator[OverlaySpec]:
    yield OverlaySpec(
        name="edit",
        summary="Paint a picture, a gif or a film on the face",
        settings=Settings,
        load=load,
        demo=demo,
    )
