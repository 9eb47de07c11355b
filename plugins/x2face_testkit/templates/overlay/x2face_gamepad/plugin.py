"""The declarations of this plugin. x2face imports this module at every start, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import OverlaySpec, hookimpl

from x2face_gamepad.settings import Settings

if TYPE_CHECKING:
    from x2face_gamepad.overlay import GamepadOverlay


def load(settings: Settings) -> GamepadOverlay:
    """Make the overlay, when it is first used; heavy imports belong here."""
    from x2face_gamepad.overlay import GamepadOverlay

    return GamepadOverlay(settings)


def demo(folder: Path) -> Settings:
    """Settings to try the overlay with; input files would be written into the folder."""
    return Settings()


@hookimpl
def x2face_drivers() -> Iterator[OverlaySpec]:
    yield OverlaySpec(name="gamepad", summary="Put colour on a face", settings=Settings, load=load, demo=demo)
