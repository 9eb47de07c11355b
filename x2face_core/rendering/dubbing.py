"""Dubbing: the frames of a film keep their own head and eyes, and drivers move the mouth instead of its own speech."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from x2face_core.errors import UsageError
from x2face_core.media.boxes import crop
from x2face_core.media.pasting import paste_masked
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_pictures, to_tensor
from x2face_core.rendering.footage import FilmedScene, Footage
from x2face_core.rendering.mouths import mouth_region, with_mouth
from x2face_core.rendering.regions import moved_region, region_in_frames
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_core.streaming.batching import batches
from x2face_core.streaming.composing import Composed, compose
from x2face_core.streaming.projection import FactorSpace
from x2face_core.streaming.vectors import as_vectors

MOUTH = "mouth"
_BATCH = 8
_GAIN = 1.3  # of the driven mouth, as that of the film's own speech, which it stands out against, is not quite gone
_EDGE = 0.08  # of the crop's side: width over which the region fades at its border


def refuse_what_cannot_dub(drivers: Sequence[ActiveDriver], overlays: Sequence[ActiveOverlay]) -> None:
    """UsageError for drivers and overlays that cannot be added to the motion of a film."""
    if overlays:
        raise UsageError(f"{overlays[0].name}: a film that keeps its motion is not painted on; leave it out.")
    for one in drivers:
        if not one.relative:
            raise UsageError(f"{one.name} says where the face is, and so does the source film; leave one of them out.")
        if one.live:
            raise UsageError(f"{one.name} is live, and a film that keeps its motion is not; give a file.")


def replaces_mouth(driver: ActiveDriver) -> bool:
    """Whether the film's own mouth makes way for a driver: for one that follows a sound, or may move the mouth."""
    if driver.shaping.only:
        return MOUTH in driver.shaping.only
    return MOUTH not in driver.shaping.without and (driver.follows_sound or not driver.moves or MOUTH in driver.moves)


def moves_mouth_alone(driver: ActiveDriver) -> bool:
    """Whether a driver is meant for the mouth and nothing else: it follows a sound, or is limited to the mouth."""
    limits = driver.shaping.only or driver.moves
    return set(limits) == {MOUTH} if limits else driver.follows_sound and MOUTH not in driver.shaping.without


@dataclass(eq=False)
class Dubbing:
    """A film in the making.

    footage: the source film; composed: the drivers' offsets; driven: frames that the drivers last
    replaced: the film's own mouth makes way; confined: nothing but the mouth is changed
    """

    footage: Footage
    composed: Composed
    replaced: bool
    confined: bool = False
    driven: int = 0
    _offsets: Tensor = field(init=False, repr=False)

    @classmethod
    def of(cls, footage: Footage, drivers: Sequence[ActiveDriver]) -> Dubbing:
        """UsageError as refuse_what_cannot_dub and compose."""
        length = footage.frames / footage.fps
        source = footage.main.source.timed(footage.fps, length)
        composed = compose(drivers, source, fps=footage.fps, seconds=length)
        return cls(footage, composed, any(map(replaces_mouth, drivers)), all(map(moves_mouth_alone, drivers)))

    def pictures(self) -> Generator[Picture]:
        """The frames of the dubbed film, (h, w, 3) uint8, of the source film's size."""
        self._offsets = self._driven_offsets()
        done = 0
        with closing(self.footage.pictures()) as frames:
            for filmed in self.footage.scenes:
                yield from islice(frames, filmed.scene.start - done)
                yield from self._scene(filmed, islice(frames, filmed.scene.frames))
                done = filmed.scene.stop
            yield from frames

    def _driven_offsets(self) -> Tensor:
        """(frames, 128) sums of the drivers' offsets; 0 after the end of the shortest."""
        still = as_vectors(self.footage.main.source.vector)
        rows = [row.vector - still for row in islice(self.composed.rows, self.footage.frames)]
        self.driven = len(rows)
        offsets = np.zeros((self.footage.frames, len(still)), np.float32)
        offsets[: len(rows)] = rows
        return torch.from_numpy(offsets)

    def _driven_vectors(self, filmed: FilmedScene) -> Tensor:
        """(n, 128): the film's own vectors, with the mouth of the scene's rest where a driver moves it, and offsets."""
        offsets = self._offsets[filmed.scene.start : filmed.scene.stop]
        if not self.replaced:
            return filmed.vectors + offsets
        still = as_vectors(filmed.source.vector)
        own = as_vectors(filmed.vectors) - still
        mouth = FactorSpace({MOUTH: filmed.source.factor(MOUTH)}, still)
        louder = (_GAIN - 1) * mouth.part(as_vectors(offsets))
        return torch.from_numpy(still + own - mouth.part(own) + louder).float() + offsets

    def _scene(self, filmed: FilmedScene, frames: Iterator[Picture]) -> Iterator[Picture]:
        model, vectors = filmed.source.model, self._driven_vectors(filmed)
        region = mouth_region(filmed.source.face) if self.confined else None
        if region is None:
            region = moved_region(model, filmed.vectors, vectors)
        for start, batch in batches(frames, _BATCH):
            rows = slice(start, start + len(batch))
            patches = _patches(filmed, batch, filmed.vectors[rows], vectors[rows], region)
            for k, (picture, patch, mask) in enumerate(zip(batch, *patches, strict=True)):
                shows = filmed.scene.has_face(filmed.scene.start + start + k)
                yield paste_masked(picture, patch, mask, filmed.box) if shows else picture


def _rendered(filmed: FilmedScene, real: Tensor, vectors: Tensor) -> Tensor:
    """(n, 3, h, w): each crop (n, 3, h, w) with its own driving vector (n, 128), as a source of its own.

    Only its mouth is the scene's, where the film's own shows what the drivers do not say.
    """
    model = filmed.source.model
    faces = (with_mouth(model.embed(one[None]), filmed.mouth) for one in real)
    return torch.cat([model.render(face, row[None]) for face, row in zip(faces, vectors, strict=True)])


def _patches(
    filmed: FilmedScene, batch: Sequence[Picture], own: Tensor, driven: Tensor, region: Tensor
) -> tuple[Picture, Picture]:
    """Faces (n, side, side, 3) with the driven mouth, and masks (n, side, side) of what changes in them, uint8.

    own, driven: (n, 128) vectors of the frames as they are and with the driven mouth
    """
    model, side = filmed.source.model, filmed.source.pictures.shape[-1]
    real = to_tensor(crop(picture, filmed.box, side) for picture in batch)
    made = _rendered(filmed, real, driven)
    masks = region_in_frames(region, model.flow(torch.cat([own, driven])), side)
    masks = torch.maximum(masks[: len(own)], masks[len(own) :]) * _border(side)
    return to_pictures(made), to_pictures(masks)[..., 0]


def _border(side: int) -> Tensor:
    """(side, side): 1 inside, falling to 0 at the crop's edge."""
    at = torch.arange(side) + 0.5
    ramp = (torch.minimum(at, side - at) / (_EDGE * side)).clamp(0, 1)
    return torch.minimum(ramp[:, None], ramp)
