"""A film as the source: its scenes, the embedded face and the driving vectors of each."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from x2face_core.driving import EmbeddedFace
from x2face_core.media.boxes import Box, crop
from x2face_core.media.folders import LOOKS, evenly
from x2face_core.media.pictures import Picture
from x2face_core.media.scenes import Scene, scan_scenes
from x2face_core.media.video import FilmInfo, probe, read_frames
from x2face_core.pixels import to_tensor
from x2face_core.sources.portraits import Cropping, Portrait, crops, diverse
from x2face_core.sources.source import (
    DriversByName,
    MappingsByName,
    Model,
    ModelSource,
    no_drivers,
    no_mappings,
)
from x2face_core.streaming.batching import batches
from x2face_core.streaming.streams import prefetch
from x2face_core.suitability.sources import readings

_BATCH = 16
_WIDE = 0.12  # of the face's height: an opening of the mouth that shows all there is
_PER_DEGREE = 1 / 300  # of the same, that a degree of yaw or pitch counts as much as


@dataclass(frozen=True, eq=False)
class FilmedScene:
    """A scene of the source film in which a face was found.

    source: its face, embedded from pictures of this scene; box: of the crop in the film
    vectors: (n, 128) of all its frames; portraits: that the face is embedded from
    mouth: a face of the scene whose mouth all its frames are given
    """

    scene: Scene
    source: ModelSource
    box: Box
    vectors: Tensor
    portraits: list[Portrait]
    mouth: EmbeddedFace


@dataclass(frozen=True, eq=False)
class Footage:
    """A film whose frames keep their own motion.

    frames: of the film at `fps`; scenes: those with a face, in their order
    """

    path: Path
    fps: float
    size: tuple[int, int]
    frames: int
    scenes: list[FilmedScene]

    @property
    def main(self) -> FilmedScene:
        """The longest scene with a face."""
        return max(self.scenes, key=lambda one: one.scene.frames)

    def pictures(self) -> Generator[Picture]:
        """All frames of the film, (h, w, 3) uint8."""
        yield from islice(read_frames(self.path, self.fps), self.frames)


def read_footage(
    path: Path,
    model: Model,
    cropping: Cropping,
    count: int,
    *,
    rest: str,
    seconds: float | None = None,
    fusion: str = "auto",
    complete: bool | None = None,
    seed: int = 0,
    load_mapping: MappingsByName = no_mappings,
    load_driver: DriversByName = no_drivers,
) -> Footage:
    """Read a film as a source.

    count: pictures of each scene that its face is embedded from; seconds: of the film, at most
    rest: factor whose first number is least in the frame whose vector becomes the scene's v_source, such as mouth
    NoFaceError, InputError, UsageError as scan_scenes; MissingError if the factor is not fitted.
    """
    info = probe(path)
    limit = None if seconds is None else max(1, round(seconds * info.fps))
    scenes = scan_scenes(path, info.fps, cropping.scale, cropping.where, cropping.face, limit)
    frames = prefetch(islice(read_frames(path, info.fps), limit), 2 * _BATCH)
    filmed = []
    for scene in scenes:
        pictures = islice(frames, scene.frames)
        if scene.scan is None:
            for _ in pictures:
                pass
            continue
        vectors, portraits = _read(scene, pictures, path, info, model, cropping)
        chosen = diverse(portraits, count, model)
        source = ModelSource.of(
            model, crops(chosen), fusion, complete=complete, fps=info.fps, seed=seed,
            load_mapping=load_mapping, load_driver=load_driver,
        )  # fmt: skip
        vector = vectors[_at_rest(vectors, source, rest)]
        shown = with_clearest_mouth(portraits, vectors, model)
        mouth = source.face if shown is None else model.embed(crops([shown]), complete=complete)
        filmed.append(FilmedScene(scene, replace(source, vector=vector), scene.scan.box, vectors, chosen, mouth))
    frames.close()
    return Footage(path, info.fps, (info.width, info.height), scenes[-1].stop, filmed)


def _read(
    scene: Scene, pictures: Iterator[Picture], path: Path, info: FilmInfo, model: Model, cropping: Cropping
) -> tuple[Tensor, list[Portrait]]:
    """Vectors of all frames, and portraits of up to LOOKS of those that show the face."""
    assert scene.scan is not None
    shown = [k for k in range(scene.frames) if scene.has_face(scene.start + k)] or list(range(scene.frames))
    looked = {shown[k] for k in evenly(len(shown), LOOKS)}
    box, portraits, vectors = scene.scan.box, [], []
    for start, batch in batches(pictures, _BATCH):
        small = [crop(picture, box, model.dims.side) for picture in batch]
        vectors.append(model.encode(to_tensor(small)))
        portraits += [
            Portrait(path, box, crop(picture, box, cropping.side), start + k, (info.width, info.height))
            for k, picture in enumerate(batch)
            if start + k in looked
        ]
    return torch.cat(vectors).float().cpu(), portraits


def with_clearest_mouth(portraits: Sequence[Portrait], vectors: Tensor, model: Model) -> Portrait | None:
    """The portrait that looks ahead with its mouth open, which shows what is behind the lips; None without readings.

    vectors: (n, 128) of all frames of the scene
    One portrait, as a mouth that is fused from several may show the corners of two.
    """
    moments = [one.moment for one in portraits]
    read = readings(vectors[[moment or 0 for moment in moments]], model)
    if read is None or None in moments:
        return None
    opening, turned = read[:, 3].clamp(max=_WIDE), read[:, 1:3].abs().sum(1)
    return portraits[int((opening - _PER_DEGREE * turned).argmax())]


def _at_rest(vectors: Tensor, source: ModelSource, factor: str) -> int:
    """The frame with the least value of a factor's first number, except for outliers below the tenth percentile."""
    value = np.asarray(source.factor(factor).read(vectors))[:, 0]
    return int(np.abs(value - np.quantile(value, 0.1)).argmin())
