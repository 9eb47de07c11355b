"""What this plugin brings. x2face imports this module at every start: values only, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import OverlaySpec, hookimpl

from x2face_gamepad.settings import Settings

if TYPE_CHECKING:
    from x2face_gamepad.overlay import GamepadOverlay


def load(settings: Settings) -> GamepadOverlay:
    """Called once the overlay is used; here it may take its time."""
    from x2face_gamepad.overlay import GamepadOverlay

    return GamepadOverlay(settings)


def demo(folder: Path) -> Settings:
    """Settings by which anybody can try the overlay; what it reads would be written into the folder."""
    return Settings()


@hookimpl
def x2face_drivers() -> Iterator[OverlaySpec]:
    yield OverlaySpec(name="gamepad", summary="Put colour on a face", settings=Settings, load=load, demo=demo)
