"""What this plugin brings. x2face imports this module at every start: values only, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from x2face_plugins import OverlaySpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_gamepad.overlay import GamepadOverlay

Place = Literal["forehead", "left_cheek", "right_cheek", "nose", "chin", "mouth"]


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: colour is --gamepad-colour."""

    colour: str = option("#d04050", metavar="#RRGGBB", help="The colour.")
    at: tuple[Place, ...] = option(("left_cheek", "right_cheek"), help="Where it goes; again for more places.")
    size: float = option(0.2, help="How far it reaches, in halves of the embedded face.", min=0.01, max=1)
    strength: float = option(0.5, help="How much of it is seen.", min=0, max=1)

    def __post_init__(self) -> None:
        if len(self.rgb) != 3:
            raise ValueError(f"{self.colour!r} is no colour such as #d04050")

    @property
    def rgb(self) -> bytes:
        """Red, green and blue, from 0 to 255."""
        return bytes.fromhex(self.colour.removeprefix("#"))


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
