"""Finding and cropping the source's face in photographs, folders and films."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.errors import NoFaceError, UsageError, WeightsError
from x2face_core.media.boxes import Box, crop
from x2face_core.media.chosen import choose_face
from x2face_core.media.faces import Face, face_or_refuse
from x2face_core.media.folders import LOOKS, evenly, picture_files
from x2face_core.media.images import read_picture
from x2face_core.media.moments import Moments
from x2face_core.media.pictures import Picture
from x2face_core.media.video import is_film
from x2face_core.pixels import to_tensor
from x2face_core.sources.framing import Framing, View
from x2face_core.sources.source import Model, pose_expression_coordinates

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Portrait:
    """One cropped picture of the source's face.

    crop: (side, side, 3) uint8; box: of the crop in the whole picture
    path: of the whole picture, or the picture itself
    moment: index among its Moments, if the path is a film
    size: width and height of the whole picture
    face: its rectangle, None if the user gave the crop; seen: number of faces there, and the chosen one's number
    view: what frames show of the picture around the crop; None: the crop
    """

    path: Path | Picture
    box: Box
    crop: Picture
    moment: int | None = None
    size: tuple[int, int] | None = None
    face: Face | None = None
    seen: tuple[int, int] = (1, 1)
    view: View | None = None

    @property
    def name(self) -> str:
        """The source's: its path, or which picture in memory it is."""
        return str(self.path) if isinstance(self.path, Path) else f"the picture at {id(self.path):#x}"

    def whole(self) -> Picture:
        """Read the whole picture that the crop is from."""
        if not isinstance(self.path, Path):
            return self.path
        if self.moment is None:
            return read_picture(self.path)
        return next(islice(Moments.of(self.path).pictures(), self.moment, None))


@dataclass(frozen=True)
class Cropping:
    """How sources are cropped.

    where: auto, none or x,y,w,h; scale: side of the crop in sides of the face's box; side: of the crop in pixels
    face: number of the face to take, from left to right, from 1; None: the most prominent
    framing: what frames show, which determines the crop's side instead; None: the crop, of `side` pixels
    """

    where: str = "auto"
    scale: float = 1.6
    side: int = 256
    face: int | None = None
    framing: Framing | None = None

    def __post_init__(self) -> None:
        if self.where not in ("auto", "none"):
            Box.parse(self.where)
            if self.face is not None:
                raise UsageError(f"--face {self.face}: goes with --crop auto; {self.where} says where the face is.")

    def portrait(self, path: Path | Picture) -> Portrait:
        """A photograph's portrait. NoFaceError, InputError; UsageError for a box that lies outside, or no such face."""
        picture = read_picture(path) if isinstance(path, Path) else path
        name = str(path) if isinstance(path, Path) else "the picture"
        size = (picture.shape[1], picture.shape[0])
        if self.where != "auto":
            return self.cropped(picture, path, Box.given(self.where, *size, name))
        chosen = choose_face(face_or_refuse(picture, name), self.face, name)
        one = self.cropped(picture, path, Box.around(chosen.face, self.scale))
        return replace(one, face=chosen.face, seen=(len(chosen.faces), chosen.number))

    def cropped(self, picture: Picture, path: Path | Picture, box: Box) -> Portrait:
        """The portrait of a box in a picture; a box that the user gave is all that frames show."""
        size = (picture.shape[1], picture.shape[0])
        view, side = None, self.side
        if self.framing is not None:
            framing = self.framing if self.where == "auto" else replace(self.framing, shows="face")
            view = framing.view(box, self.scale, size)
            side = int(view.inner.side)
        return Portrait(path, box, crop(picture, box, side), size=size, view=view)


def find_portraits(sources: Sequence[Path | Picture], cropping: Cropping, count: int, model: Model) -> list[Portrait]:
    """Portraits from all sources; a film or a folder gives the `count` that differ most.

    sources: paths, or pictures (h, w, 3) uint8 in memory

    NoFaceError where a source shows no face; InputError where one cannot be read.
    """
    portraits: list[Portrait] = []
    for path in sources:
        if not isinstance(path, Path):
            portraits.append(cropping.portrait(path))
        elif path.is_dir():
            portraits += diverse(_of_folder(path, cropping), count, model)
        elif is_film(path):
            portraits += diverse(_of_film(path, cropping), count, model)
        else:
            portraits.append(cropping.portrait(path))
    return of_one_size(portraits)


def of_one_size(portraits: Sequence[Portrait]) -> list[Portrait]:
    """The same, with all crops as large as the first one."""
    side = portraits[0].crop.shape[0]
    return [
        one if one.crop.shape[0] == side else replace(one, crop=crop(one.crop, Box(0, 0, one.crop.shape[0]), side))
        for one in portraits
    ]


def _of_folder(path: Path, cropping: Cropping) -> list[Portrait]:
    files = picture_files(path)
    looked = (files[k] for k in evenly(len(files), LOOKS))
    found = [portrait for file in looked if (portrait := _or_none(file, cropping))]
    if not found:
        raise NoFaceError(f"{path}: no picture in this folder shows a face; --crop none takes whole pictures.")
    return found


def _or_none(path: Path, cropping: Cropping) -> Portrait | None:
    try:
        return cropping.portrait(path)
    except NoFaceError:
        return None


def _of_film(path: Path, cropping: Cropping) -> list[Portrait]:
    moments = Moments.of(path)
    scan = moments.scan(cropping.scale, cropping.where, cropping.face)
    seen = (1 + len(scan.others), scan.number)
    return [
        replace(cropping.cropped(picture, path, scan.box), moment=moment, seen=seen)
        for moment, picture in enumerate(moments.pictures())
        if scan.has_face(moment)
    ]


def diverse(portraits: Sequence[Portrait], count: int, model: Model) -> list[Portrait]:
    """Choose portraits that complement one another: the most typical one, the one with the mouth open widest, then by
    farthest-point sampling in pose and expression, which finds heads turned the other way.

    The quarter farthest from the typical portrait is not considered, as extreme poses are embedded least accurately;
    nor is the quarter of the rest with the most closed eyes. Weights without a reading give only distances of vectors.
    """
    if len(portraits) <= 1:
        return list(portraits)
    vectors = model.encode(crops(of_one_size(portraits)))
    points = pose_expression_coordinates(vectors, model).numpy()
    near = np.array(nearest(points, max(count, len(points) * 3 // 4)))
    mouth, eyes = _openness(vectors, model)
    awake = near[shut_last(eyes[near])[: max(count, len(near) * 3 // 4)]]
    return [portraits[awake[k]] for k in complementary(points[awake], mouth[awake], count)]


def _openness(vectors: Tensor, model: Model) -> tuple[Floats, Floats]:
    """How open mouth and eyes are, (n,) each; zeros for weights without a reading."""
    try:
        readings = model.read(vectors).float().cpu().numpy()
    except WeightsError:
        readings = np.zeros((len(vectors), 7))
    return readings[:, 3], readings[:, 5:].mean(axis=1)


def shut_last(eyes: Floats) -> NDArray[np.int64]:
    """Indices of eye openings (n,) in their order, with the most closed quarter moved to the end."""
    shut = eyes < np.quantile(eyes, 0.25)
    return np.argsort(shut, kind="stable")


def complementary(points: Floats, mouth: Floats, count: int) -> list[int]:
    """Indices of `count` points (n, k): the first, the one with the widest mouth (n,), then the farthest from both."""
    widest = int(mouth.argmax())
    return farthest(points, count, [0] if mouth[widest] <= mouth[0] else [0, widest])


def nearest(points: Floats, count: int) -> list[int]:
    """Indices of the `count` points (n, k) nearest to their median, the nearest first."""
    order: list[int] = np.square(points - np.median(points, axis=0)).sum(axis=1).argsort()[:count].tolist()
    return order


def farthest(points: Floats, count: int, chosen: Sequence[int] = ()) -> list[int]:
    """Indices of `count` points (n, k) by farthest-point sampling.

    chosen: indices to start with; the point nearest to the median if empty
    """
    found = list(chosen)[:count] or nearest(points, 1)
    while len(found) < min(count, len(points)):
        far = np.square(points[:, None] - points[found]).sum(axis=2).min(axis=1)
        found.append(int(far.argmax()))
    return found


def crops(portraits: Iterable[Portrait]) -> Tensor:
    """The crops as (k, 3, side, side) float32 in [0, 1]."""
    return to_tensor(portrait.crop for portrait in portraits)
