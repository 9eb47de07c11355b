"""The overlay's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from x2face_plugins import option

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
