"""The sources: pictures of the face to be driven, found in photographs, folders and films."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from x2face_core.errors import NoFaceError, UsageError
from x2face_core.media.boxes import Box, crop
from x2face_core.media.chosen import choose_face
from x2face_core.media.faces import Face, face_or_refuse
from x2face_core.media.folders import LOOKS, evenly, picture_files
from x2face_core.media.images import read_picture
from x2face_core.media.pictures import Picture
from x2face_core.media.scan import scan_film
from x2face_core.media.video import is_film, probe, read_frames
from x2face_core.pixels import to_tensor
from x2face_core.sources.source import Model, pose_expression_coordinates


@dataclass(frozen=True, eq=False)
class Portrait:
    """One picture of the source's face.

    crop: (side, side, 3) uint8; box: where it lies in the whole picture
    path: where the whole picture is, or the picture itself
    moment: which one of LOOKS evenly spaced ones, if that is a film
    size: width and height of the whole picture
    face: its rectangle, None where the user gave its place; seen: how many faces are there, and the taken one's number
    """

    path: Path | Picture
    box: Box
    crop: Picture
    moment: int | None = None
    size: tuple[int, int] | None = None
    face: Face | None = None
    seen: tuple[int, int] = (1, 1)

    def whole(self) -> Picture:
        """The picture that the crop is from."""
        if not isinstance(self.path, Path):
            return self.path
        if self.moment is None:
            return read_picture(self.path)
        return next(islice(_moments(self.path), self.moment, None))


@dataclass(frozen=True)
class Cropping:
    """How sources are cropped: where (auto, none or x,y,w,h), the face box's share, pixels a side.

    face: the number of the face that is taken, left to right from 1; None: the most prominent
    """

    where: str = "auto"
    scale: float = 1.6
    side: int = 256
    face: int | None = None

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
            box = Box.given(self.where, *size, name)
            return Portrait(path, box, crop(picture, box, self.side), size=size)
        chosen = choose_face(face_or_refuse(picture, name), self.face, name)
        box = Box.around(chosen.face, self.scale)
        seen = (len(chosen.faces), chosen.number)
        return Portrait(path, box, crop(picture, box, self.side), size=size, face=chosen.face, seen=seen)


def find_portraits(sources: Sequence[Path | Picture], cropping: Cropping, count: int, model: Model) -> list[Portrait]:
    """All sources' portraits; a film or a folder gives `count` of its own that differ most.

    sources: where they are, or pictures (h, w, 3) uint8 in memory

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
    return portraits


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
    info = probe(path)
    scan = scan_film(path, info.fps, cropping.scale, cropping.where, face=cropping.face)
    rate = _moments_rate(path)
    size, seen = (info.width, info.height), (1 + len(scan.others), scan.number)
    return [
        Portrait(path, scan.box, crop(picture, scan.box, cropping.side), moment, size, seen=seen)
        for moment, picture in enumerate(_moments(path))
        if scan.has_face(round(moment * info.fps / rate))
    ]


def _moments_rate(path: Path) -> float:
    info = probe(path)
    return min(info.fps, LOOKS / info.seconds) if info.seconds else info.fps


def _moments(path: Path) -> Iterator[Picture]:
    """Up to LOOKS evenly spaced pictures of a film."""
    return islice(read_frames(path, _moments_rate(path)), LOOKS)


def diverse(portraits: Sequence[Portrait], count: int, model: Model) -> list[Portrait]:
    """The most typical portrait, then each time the one whose pose and expression is farthest from all chosen.

    Only the half that is nearest to the typical one is chosen from: embedded faces of extreme poses do not lie quite
    alike, and their mean would show a ghost.
    """
    if len(portraits) <= 1:
        return list(portraits)
    points = pose_expression_coordinates(model.encode(crops(portraits)), model).numpy()
    near = nearest(points, max(count, len(points) // 2))
    return [portraits[near[k]] for k in farthest(points[near], count)]


def nearest(points: np.ndarray[Any, np.dtype[Any]], count: int) -> list[int]:
    """Numbers of the `count` points (n, k) nearest to their median, the nearest first."""
    order: list[int] = np.square(points - np.median(points, axis=0)).sum(axis=1).argsort()[:count].tolist()
    return order


def farthest(points: np.ndarray[Any, np.dtype[Any]], count: int) -> list[int]:
    """Numbers of `count` points (n, k) spread far apart, beginning with the one nearest to their median."""
    first = int(np.square(points - np.median(points, axis=0)).sum(axis=1).argmin())
    chosen = [first]
    far = np.square(points - points[first]).sum(axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(far.argmax()))
        far = np.minimum(far, np.square(points - points[chosen[-1]]).sum(axis=1))
    return chosen


def crops(portraits: Iterable[Portrait]) -> Tensor:
    """(k, 3, side, side) in [0, 1]."""
    return to_tensor(portrait.crop for portrait in portraits)
