"""From pictures of a face and drivers to frames, in the order of the data flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from x2face_core.driving import Driver, EmbeddedFace, Overlay
from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture
from x2face_core.rendering.poisson import Poisson
from x2face_core.sources.source import DriversByName, MappingsByName, Model, ModelSource, no_drivers, no_mappings
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay, zero_driver
from x2face_core.streaming.batching import batches
from x2face_core.streaming.composing import Composed, compose
from x2face_core.streaming.parallel import in_parallel
from x2face_core.streaming.real_time import Pace
from x2face_core.streaming.resampling import Row
from x2face_core.streaming.smoothing import smoothed
from x2face_core.warping import resize_flow

if TYPE_CHECKING:
    from x2face_core.driving import Floats


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of the film.

    picture: (h, w, 3) uint8 RGB, the generated face; vector: (128,) its driving vector; fps: frame rate of the film
    driving: (3, h, w) float in [0, 1], the driving picture, or None if no driver has pictures
    opacity: (h, w) uint8 of the person in the picture, if the animation was given a matte
    """

    picture: Picture
    vector: np.ndarray[Any, np.dtype[np.float64]]
    fps: float
    driving: Floats | None = None
    opacity: Picture | None = None


@dataclass(frozen=True, eq=False)
class Animation:
    """An iterable of frames, rendered on demand, once.

    composed: frame rate, number of frames and vectors; source: the face that is driven
    """

    composed: Composed
    frames: Iterator[Frame] = field(repr=False)
    source: ModelSource = field(repr=False)

    def __iter__(self) -> Iterator[Frame]:
        return self.frames

    @property
    def fps(self) -> float:
        return self.composed.fps


def animate(
    model: Model,
    pictures: Tensor,
    drivers: Sequence[ActiveDriver | Driver],
    *,
    overlays: Sequence[ActiveOverlay | Overlay] = (),
    fps: float | None = None,
    seconds: float | None = None,
    batch_size: int = 16,
    finish: str = "none",
    smooth: float = 0.0,
    fusion: str = "auto",
    complete: bool | None = None,
    seed: int = 0,
    pictures_wanted: bool = False,
    load_mapping: MappingsByName = no_mappings,
    load_driver: DriversByName = no_drivers,
) -> Animation:
    """Drive a face; iterate over the result for its frames.

    model: X2Face.load()
    pictures: (k, 3, h, w) float32 in [0, 1], square crops of one person's face; the frames have the same size
    drivers: loaded drivers, or ActiveDrivers to override what they declare; may be empty if there are overlays
    overlays: applied to the embedded face in this order
    fps: frames a second; None: as of `compose`; seconds: largest length
    smooth: standard deviation in frames of the filter over driving vectors; 0: none. UsageError for live drivers
    finish: none, or poisson: hidden parts come from the driving pictures, see rendering.poisson
    fusion, complete: as of X2Face.embed; the other arguments as of ModelSource
    """
    source = ModelSource.of(
        model, pictures, fusion, complete=complete, seed=seed, pictures_wanted=pictures_wanted or finish == "poisson",
        load_mapping=load_mapping, load_driver=load_driver,
    )  # fmt: skip
    return animate_source(
        source,
        drivers,
        overlays=overlays,
        fps=fps,
        seconds=seconds,
        batch_size=batch_size,
        finish=finish,
        smooth=smooth,
    )


def animate_source(
    source: ModelSource,
    drivers: Sequence[ActiveDriver | Driver],
    *,
    overlays: Sequence[ActiveOverlay | Overlay] = (),
    fps: float | None = None,
    seconds: float | None = None,
    batch_size: int = 16,
    finish: str = "none",
    smooth: float = 0.0,
    pace: Pace | None = None,
    matte: Tensor | None = None,
) -> Animation:
    """As animate, for a face that is embedded already; `finish` needs a source with pictures_wanted.

    pace: shows frames in real time, and drops late ones
    matte: (1, h, w) in [0, 1], opacity of the person, laid out as the embedded face; frames then have an `opacity`
    """
    seen = source.timed(fps or source.fps, seconds)
    paint = [one if isinstance(one, ActiveOverlay) else ActiveOverlay.of(one) for one in overlays]
    active = [one if isinstance(one, ActiveDriver) else ActiveDriver.of(one) for one in drivers]
    composed = compose(active or [zero_driver()] * bool(paint), seen, fps=fps, seconds=seconds)
    if smooth:
        if any(one.live for one in active):
            raise UsageError("--smooth: looks at the frames to come, and what is live has none yet; leave it out.")
        composed = replace(composed, rows=smoothed(composed.rows, smooth))
    if pace is not None:
        composed, batch_size = replace(composed, rows=pace.rows(composed.rows, composed.fps)), 1
    workers = 1 if pace is not None or any(one.live for one in active) else seen.workers
    names = " and ".join(one.name for one in active)
    poisson = Poisson(source.model, seen.face, seen.vector) if finish == "poisson" else None
    if matte is not None:
        matte = resize_flow(matte[None], *seen.face.texture.shape[-2:])[0]
    render = partial(_rendered, _Renderer(source.model, poisson, names, matte), composed.fps)
    return Animation(composed, _frames(render, seen.face, paint, composed, batch_size, workers), seen)


def _frames(
    render: Callable[[EmbeddedFace, Sequence[Row]], list[Frame]],
    face: EmbeddedFace,
    overlays: Sequence[ActiveOverlay],
    composed: Composed,
    batch_size: int,
    workers: int,
) -> Iterator[Frame]:
    unmoving = list(takewhile(lambda overlay: not overlay.moving, overlays))
    for overlay in unmoving:
        face = overlay.on(face, 0.0)
    changing = overlays[len(unmoving) :]  # from the first moving one on, so that the order is kept
    batch_size = 1 if changing else batch_size  # each frame has its own embedded face

    def painted() -> Iterator[tuple[EmbeddedFace, list[Row]]]:
        for start, rows in batches(composed.rows, batch_size):
            now = face
            for overlay in changing:
                now = overlay.on(now, start / composed.fps)
            yield now, rows

    for frames in in_parallel(lambda batch: render(*batch), painted(), workers):
        yield from frames


@dataclass(frozen=True, eq=False)
class _Renderer:
    """Renders vectors. drivers: names of what drives, for errors; matte: (1, h, w) as large as the texture, or None"""

    model: Model
    poisson: Poisson | None
    drivers: str
    matte: Tensor | None

    def render(self, face: EmbeddedFace, rows: Sequence[Row]) -> Picture:
        """(n, h, w, 3) uint8, or 4 channels with the opacity as the last one."""
        vectors = torch.from_numpy(np.stack([row.vector for row in rows])).float()
        with torch.inference_mode():
            if self.poisson is None:
                return self.model.render_pictures(self._with_matte(face), vectors)
            faces = [self._with_matte(self.poisson.on(face, row.picture, self.drivers)) for row in rows]
            parts = [self.model.render_pictures(one, row[None]) for one, row in zip(faces, vectors, strict=True)]
            return np.concatenate(parts)

    def _with_matte(self, face: EmbeddedFace) -> EmbeddedFace:
        if self.matte is None:
            return face
        return replace(face, texture=torch.cat([face.texture, self.matte.to(face.texture)]))


def _rendered(renderer: _Renderer, fps: float, face: EmbeddedFace, rows: Sequence[Row]) -> list[Frame]:
    shown = renderer.render(face, rows)
    opacity = [None] * len(rows) if renderer.matte is None else shown[..., 3]
    pictures = shown if renderer.matte is None else np.ascontiguousarray(shown[..., :3])
    return [
        Frame(picture, row.vector, fps, row.picture, alpha)
        for picture, row, alpha in zip(pictures, rows, opacity, strict=True)
    ]
