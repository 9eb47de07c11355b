"""Loaded drivers and overlays with all that a run needs to know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from x2face_core.driving import Chunk, Driver, EmbeddedFace, Overlay, Source
from x2face_core.errors import PluginError
from x2face_core.foreign import Inputs, Owner, call_foreign
from x2face_core.streaming.attributes import CheckedAttributes
from x2face_core.streaming.shaping import Shaping
from x2face_core.streaming.vectors import LARGEST

if TYPE_CHECKING:
    from torch import Tensor

AS_IT_IS = Shaping()


@dataclass(frozen=True, eq=False, kw_only=True)
class ActiveDriver:
    """A loaded driver with its properties in a run.

    relative: it yields offsets from the source's vector, else driving vectors
    endless: it does not end by itself; live: it follows the real time, and its latest row counts
    holds: factors that its offsets must not change; moves: the only factors that they change, (): not limited
    follows_sound: it moves to its sound, which then becomes the film's
    sound: file with its sound, if any; sound_track: number from 1, None: chosen automatically
    inputs: option and path of each file and folder that the user named for it
    shaping: weight, time window and factors that the run applies to its offsets
    """

    driver: Driver
    owner: Owner
    relative: bool = True
    endless: bool = False
    live: bool = False
    holds: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    follows_sound: bool = False
    sound: Path | None = None
    sound_track: int | None = None
    inputs: Inputs = ()
    shaping: Shaping = AS_IT_IS

    @classmethod
    def of(cls, driver: Driver, owner: Owner | None = None, *, relative: bool = True, endless: bool = False,
           live: bool = False, holds: tuple[str, ...] = (), moves: tuple[str, ...] = (),
           follows_sound: bool = False, inputs: Inputs = (), shaping: Shaping = AS_IT_IS) -> ActiveDriver:  # fmt: skip
        """From declared properties, overridden by attributes of the loaded driver; sound comes from attributes only."""
        owner = owner or Owner("driver", type(driver).__name__)
        attributes = CheckedAttributes(driver, owner)
        return cls(
            driver=driver,
            owner=owner,
            relative=attributes.flag("relative", relative),
            endless=attributes.flag("endless", endless),
            live=attributes.flag("live", live),
            holds=attributes.names("holds", holds),
            moves=moves,
            follows_sound=attributes.flag("follows_sound", follows_sound),
            sound=attributes.path("sound"),
            sound_track=attributes.count("sound_track"),
            inputs=inputs,
            shaping=shaping,
        )

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def frames(self) -> int | None:
        """Number of rows that it will yield, None if unknown; available after its first chunk."""
        return CheckedAttributes(self.driver, self.owner).count("frames")

    @property
    def box(self) -> Sequence[float] | None:
        """x, y, width and height of its crop in its own pictures, or None; available after its first chunk."""
        return CheckedAttributes(self.driver, self.owner).box("box")

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user; complete after its last chunk."""
        return CheckedAttributes(self.driver, self.owner).texts("warnings")


@dataclass(frozen=True, eq=False, kw_only=True)
class ActiveOverlay:
    """A loaded overlay with its properties in a run.

    moving: `edit` is called for each frame, not once
    inputs: option and path of each file and folder that the user named for it
    shaping: weight (opacity) and time window
    """

    overlay: Overlay
    owner: Owner
    moving: bool = False
    inputs: Inputs = ()
    shaping: Shaping = AS_IT_IS

    @classmethod
    def of(cls, overlay: Overlay, owner: Owner | None = None, *, moving: bool = False, inputs: Inputs = (),
           shaping: Shaping = AS_IT_IS) -> ActiveOverlay:  # fmt: skip
        """From declared properties, overridden by the attribute `moving` of the loaded overlay."""
        owner = owner or Owner("overlay", type(overlay).__name__)
        return cls(
            overlay=overlay,
            owner=owner,
            moving=CheckedAttributes(overlay, owner).flag("moving", moving) or shaping.is_timed,
            inputs=inputs,
            shaping=shaping,
        )

    @property
    def name(self) -> str:
        return self.owner.name

    def on(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """Apply the overlay; PluginError if it fails, or does not return a face of the same size."""
        share = self.shaping.share(seconds)
        if share == 0:
            return face
        painted = self._painted(face, seconds)
        return painted if share == 1 else replace(painted, texture=_mixed(face.texture, painted.texture, share))

    def _painted(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        painted: object = call_foreign(self.owner, lambda: self.overlay.edit(face, seconds), self.inputs)
        if not isinstance(painted, EmbeddedFace):
            raise PluginError(f"The {self.owner} gave back a {type(painted).__name__}, not an EmbeddedFace.")
        if painted.texture.shape != face.texture.shape:
            found, needed = tuple(painted.texture.shape), tuple(face.texture.shape)
            raise PluginError(f"The {self.owner} gave back a texture of shape {found}; {needed} is needed.")
        if not _is_picture(painted.texture):
            raise PluginError(
                f"The {self.owner} gave back a texture with numbers that are not finite, or beyond all use."
            )
        return painted


def _is_picture(texture: Tensor) -> bool:
    """Whether all values are finite and at most LARGEST."""
    return bool(texture.abs().max() <= LARGEST)  # False for NaN


def _mixed(plain: Tensor, painted: Tensor, share: float) -> Tensor:
    """(3, h, w): blend plain and painted texture, clamped to [0, 1]."""
    return (plain + share * (painted - plain)).clamp(0, 1)


class ZeroDriver:
    """Yields zero offsets endlessly, for a run with overlays only."""

    def drive(self, source: Source) -> Iterator[Chunk]:
        while True:
            yield Chunk(np.zeros((25, len(source.vector))), source.fps)


def zero_driver() -> ActiveDriver:
    """The driver of a run with overlays only."""
    return ActiveDriver.of(ZeroDriver(), Owner("driver", "the painted face"), endless=True)
