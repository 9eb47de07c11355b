"""Drivers and overlays that are loaded and take part in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from x2face_core.driving import Chunk, Driver, EmbeddedFace, Overlay, Source
from x2face_core.errors import PluginError
from x2face_core.foreign import Inputs, Owner, call_foreign
from x2face_core.streaming.carried import Carried
from x2face_core.streaming.shaping import Shaping
from x2face_core.streaming.vectors import LARGEST

AS_IT_IS = Shaping()


@dataclass(frozen=True, eq=False, kw_only=True)
class ActiveDriver:
    """A loaded driver as it takes part in a run.

    relative: its vectors are offsets, else driving vectors themselves
    endless: it never stops by itself; live: its newest row counts
    holds: factors that its offsets leave as they are; moves: those that are all it moves, () where it may move any
    follows_sound: it moves to the sound that it carries, which then is the film's
    sound: the file whose sound it carries, if any; sound_track: which of its tracks, from 1, if not the one that speaks
    inputs: option and path of each file and folder that the user named for it
    shaping: what the run takes of its offsets
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
        """What was declared, except where the loaded driver carries its own; its sound, which only it can tell."""
        owner = owner or Owner("driver", type(driver).__name__)
        carried = Carried(driver, owner)
        return cls(
            driver=driver,
            owner=owner,
            relative=carried.flag("relative", relative),
            endless=carried.flag("endless", endless),
            live=carried.flag("live", live),
            holds=carried.names("holds", holds),
            moves=moves,
            follows_sound=carried.flag("follows_sound", follows_sound),
            sound=carried.path("sound"),
            sound_track=carried.count("sound_track"),
            inputs=inputs,
            shaping=shaping,
        )

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def frames(self) -> int | None:
        """How many rows it will yield, where it says so; known once its first chunk is there."""
        return Carried(self.driver, self.owner).count("frames")

    @property
    def box(self) -> Sequence[float] | None:
        """x, y, width and height of where it looked in its own pictures; known once its first chunk is there."""
        return Carried(self.driver, self.owner).box("box")

    @property
    def warnings(self) -> list[str]:
        """What the user should know; complete in the end."""
        return Carried(self.driver, self.owner).texts("warnings")


@dataclass(frozen=True, eq=False, kw_only=True)
class ActiveOverlay:
    """A loaded overlay as it takes part in a run.

    moving: it is asked for each frame, not once
    inputs: option and path of each file and folder that the user named for it
    shaping: weight (how opaque its paint is), start and stop
    """

    overlay: Overlay
    owner: Owner
    moving: bool = False
    inputs: Inputs = ()
    shaping: Shaping = AS_IT_IS

    @classmethod
    def of(cls, overlay: Overlay, owner: Owner | None = None, *, moving: bool = False, inputs: Inputs = (),
           shaping: Shaping = AS_IT_IS) -> ActiveOverlay:  # fmt: skip
        """What was declared, except where the loaded overlay carries its own moving."""
        owner = owner or Owner("overlay", type(overlay).__name__)
        return cls(
            overlay=overlay,
            owner=owner,
            moving=Carried(overlay, owner).flag("moving", moving) or shaping.is_timed,
            inputs=inputs,
            shaping=shaping,
        )

    @property
    def name(self) -> str:
        return self.owner.name

    def on(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """The face painted; PluginError where the overlay fails or answers what is no face of this size."""
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


def _is_picture(texture: Any) -> bool:
    """Whether its colours are numbers: finite, and not so large that a film of them would overflow."""
    return bool(abs(texture).max() <= LARGEST)  # of NaN it is not


def _mixed(plain: Any, painted: Any, share: float) -> Any:
    """(3, h, w): so much of the paint; beyond 1 it would leave [0, 1]."""
    return (plain + share * (painted - plain)).clamp(0, 1)


class Still:
    """Drives nothing, for ever: for a face that is only painted on."""

    def drive(self, source: Source) -> Any:
        while True:
            yield Chunk(np.zeros((25, len(source.vector))), source.fps)


def still() -> ActiveDriver:
    """What drives when overlays are all there is."""
    return ActiveDriver.of(Still(), Owner("driver", "the painted face"), endless=True)
