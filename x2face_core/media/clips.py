"""A driving film, folder or picture as a clip: constant frame rate, one crop box, and which frames show the face."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Literal

import numpy as np

from x2face_core.errors import InputError, NoFaceError, UsageError
from x2face_core.media.ahead import Ahead
from x2face_core.media.boxes import Box
from x2face_core.media.faces import find_faces
from x2face_core.media.folders import LOOKS, evenly, picture_files
from x2face_core.media.frames import DecodedPicture, LazyFrame
from x2face_core.media.images import read_picture
from x2face_core.media.pictures import Picture
from x2face_core.media.rates import frames_within
from x2face_core.media.scan import FaceSearch, scan_film, search_film
from x2face_core.media.video import is_film, probe, read_lazy_frames

FOLDER_FPS = 25.0
InputKind = Literal["camera", "folder", "film", "picture"]


@dataclass(frozen=True)
class Clip:
    """Pictures at a constant rate.

    box: the crop around the face, in pixels of a picture of `size` (width, height); pictures may be decoded smaller
    present: whether picture k shows the face, by number
    frames: given the side of the crops in pixels, reads all pictures from the first, as frames to be cropped, and no
        more than the clip was opened for; large films are reduced where they are converted
    is_picture: it is a single picture, which can be repeated for any length
    sound: the file whose sound belongs to the pictures
    declared_frames: how many pictures the file says it holds, where it says so
    notes: irregularities of its timestamps, to show to the user
    others, number: of a film, as in FaceScan
    """

    name: str
    fps: float
    size: tuple[int, int]
    box: Box
    present: Callable[[int], bool]
    frames: Callable[[int], Iterator[LazyFrame | DecodedPicture]]
    is_picture: bool = False
    sound: Path | None = None
    declared_frames: int | None = None
    notes: tuple[str, ...] = ()
    others: tuple[Box, ...] = ()
    number: int = 1

    def crops(self, side: int) -> Iterator[Picture]:
        """The crops of all pictures, (side, side, 3) uint8."""
        return (frame.crop(self.box, side) for frame in self.frames(side))

    def pictures(self, side: int) -> Iterator[Picture]:
        """All pictures, whole, large enough for crops of that side."""
        return (frame.picture() for frame in self.frames(side))


def kind_of(name: str) -> InputKind:
    """The kind of a driving input; a number that is not a file name means a camera. InputError if it does not exist."""
    path = Path(name)
    if re.fullmatch(r"[0-9]{1,3}", name) and not path.exists():
        return "camera"
    if os.path.isdir(path):  # noqa: PTH112 (Path raises for names that are too long)
        return "folder"
    return "film" if is_film(path) else "picture"


def open_clip(
    name: str,
    kind: InputKind,
    crop: str,
    scale: float,
    *,
    fps: float = FOLDER_FPS,
    track: int | None = None,
    face: int | None = None,
    seconds: float | None = None,
    search: Search | None = None,
) -> Clip:
    """Open a film, a folder or a picture, and find the face in it.

    crop: auto, none or x,y,w,h; scale: side of the crop in sides of the face's box
    fps: of a folder's pictures, which have no rate of their own; track, face: of a film, as of scan_film
    seconds: of a film or a folder that are needed; the rest is not read, nor searched for faces
    search: of begin_search with the same name, crop and track; one for other seconds is stopped
    """
    if kind == "film":
        return _film(Path(name), crop, scale, track, face, seconds, search)
    if track is not None:
        raise UsageError(f"{name}: is no film, so there is no track {track} to choose.")
    if kind == "folder":
        return _folder(Path(name), crop, scale, fps, seconds)
    return _picture(Path(name), crop, scale)


@dataclass(frozen=True)
class Search:
    """The search of a film for faces, in a thread.

    seconds: of the film, from its start, None: all; found: the result, None if it is no film
    """

    seconds: float | None
    found: Ahead[FaceSearch | None]


def begin_search(name: str, crop: str, track: int | None = None, seconds: float | None = None) -> Search | None:
    """Begin to search a film for faces in a thread; None where `crop` needs no search. Errors are raised by open_clip.

    The result is None if the input is no film.
    """

    def search(stopped: Event) -> FaceSearch | None:
        if kind_of(name) != "film":
            return None
        limit = frames_within(seconds, probe(name, track).fps)
        return search_film(name, track=track, stopped=stopped, limit=limit)

    return Search(seconds, Ahead(search)) if crop == "auto" else None


def _film(
    path: Path,
    crop: str,
    scale: float,
    track: int | None,
    face: int | None,
    seconds: float | None,
    search: Search | None,
) -> Clip:
    info = probe(path, track)
    limit = frames_within(seconds, info.fps)
    scan = scan_film(path, info.fps, scale, crop, track, face, _found(search, seconds), limit)
    size, box = (info.width, info.height), scan.box.in_whole_pixels()
    return Clip(
        name=path.name,
        fps=info.fps,
        size=size,
        box=box,
        present=scan.has_face,
        frames=lambda side: islice(
            read_lazy_frames(path, info.fps, longest=_reduced(size, box, side), track=track), limit
        ),
        sound=path if info.sound else None,
        declared_frames=info.declared_frames,
        notes=info.notes,
        others=scan.others,
        number=scan.number,
    )


def _found(search: Search | None, seconds: float | None) -> FaceSearch | None:
    """The result of a search for that length; None if there is none. A search for another length is stopped."""
    if search is None or search.seconds == seconds:
        return None if search is None else search.found()
    search.found.stop()
    return None


def _reduced(size: tuple[int, int], box: Box, side: int) -> int | None:
    """The longer side to decode at, so that the box keeps twice the pixels needed; None: full size."""
    share = 2 * side / box.side
    return math.ceil(max(size) * share) if share < 1 else None


def _picture(path: Path, crop: str, scale: float) -> Clip:
    picture = read_picture(path)
    box, _ = _scan_pictures([picture], crop, scale, path)
    return Clip(
        name=path.name,
        fps=FOLDER_FPS,
        size=(picture.shape[1], picture.shape[0]),
        box=box,
        present=lambda k: True,
        frames=lambda side: iter([DecodedPicture(picture)]),
        is_picture=True,
    )


def _folder(path: Path, crop: str, scale: float, fps: float, seconds: float | None) -> Clip:
    files = picture_files(path)[: frames_within(seconds, fps)]
    looked = evenly(len(files), LOOKS)
    box, found = _scan_pictures((read_picture(files[k]) for k in looked), crop, scale, path)
    height, width = read_picture(files[0]).shape[:2]

    def frames(side: int) -> Iterator[DecodedPicture]:
        for file in files:
            picture = read_picture(file)
            if picture.shape[:2] != (height, width):
                raise InputError(
                    f"{file}: {picture.shape[1]}x{picture.shape[0]} pixels, and the first picture {width}x{height}; "
                    "the frames of a film are all of one size."
                )
            yield DecodedPicture(picture)

    return Clip(
        name=path.name,
        fps=fps,
        size=(width, height),
        box=box,
        present=lambda k: bool(found[int(np.abs(looked - k).argmin())]),
        frames=frames,
    )


def _scan_pictures(
    pictures: Iterator[Picture] | list[Picture], crop: str, scale: float, path: Path
) -> tuple[Box, list[bool]]:
    """One crop box for all pictures, and in which of them a face was found."""
    pictures = iter(pictures)
    if crop != "auto":
        first = next(pictures)
        given = Box.given(crop, first.shape[1], first.shape[0], str(path))
        return given, [True] * (1 + sum(1 for _ in pictures))
    faces = [find_faces(picture)[:1] for picture in pictures]
    boxes = [Box.around(face[0], scale) for face in faces if face]
    if not boxes:
        raise NoFaceError(f"{path}: no face was found; give its place with a crop, or another input.")
    side = float(np.median([box.side for box in boxes]))
    x = float(np.median([box.x + box.side / 2 for box in boxes]))
    y = float(np.median([box.y + box.side / 2 for box in boxes]))
    return Box(x - side / 2, y - side / 2, side), [bool(face) for face in faces]
