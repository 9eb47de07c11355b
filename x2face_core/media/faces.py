"""Face detection with dlib's HOG detector, whose model comes with the library."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import dlib
import numpy as np
from PIL import Image, ImageOps

from x2face_core.errors import NoFaceError
from x2face_core.media.boxes import Box, crop
from x2face_core.media.frames import reduced
from x2face_core.media.pictures import Picture

__all__ = ["Box", "Face", "crop", "find_box", "find_faces", "follow_face", "spot_faces"]

# dlib's rectangle goes from the brows to the chin. Enlarged by _GROWN and raised by _RAISED, 1.6 times its side is the
# crop of the training clips (measured on 122 people: side 1.78 rectangles, centre 0.12 rectangles higher).
_GROWN = 1.11
_RAISED = 0.12

_MODEL = Path(__file__).parents[1] / "assets" / "faces" / "frontal.svm"
_SMALLEST = 80  # pixels of the detector's window
_LOOK = 480  # pixels on the longer side at which faces are searched for
_CLOSER = (960, 1600, 3840)  # tried next, up to twice the picture's own size, if no detection is confident
_MOST_PIXELS = 3840 * 2880  # of a picture of another shape, such as a panorama, at the closest look
SURE = 0.7
_DOUBTFUL = 0.35

_detectors = threading.local()


class Face(NamedTuple):
    """A face's rectangle in pixels of the picture, and the detector's score (its usual threshold is 0)."""

    x: float
    y: float
    w: float
    h: float
    score: float

    @property
    def weight(self) -> float:
        """Its width, scaled down by a low score; faces are ranked by it."""
        return self.w * sureness(self.score)


def find_faces(picture: Picture) -> list[Face]:
    """Faces in a picture, ranked by size and score; empty if there is none."""
    faces = spot_faces(picture, _LOOK)
    for longest in _closer(*picture.shape[:2]):
        if surest(faces) < SURE and longest > _LOOK:
            faces = max(faces, spot_faces(picture, longest), key=surest)
    if not faces:
        faces = _spot_framed(picture)
    return [_refined(picture, face) for face in faces]


def _closer(height: int, width: int) -> list[int]:
    """Numbers of pixels on the longer side for closer looks at a picture of that size."""
    own = max(height, width)
    most = int(own * (_MOST_PIXELS / (height * width)) ** 0.5)
    sizes = (*_CLOSER, most) if most > 1.5 * _CLOSER[-1] else _CLOSER
    return sorted({min(size, 2 * own) for size in sizes})


def find_box(picture: Picture, scale: float = 1.6, *, name: str = "the picture") -> Box:
    """The crop around the first of find_faces. name: of the picture, for the NoFaceError"""
    return Box.around(face_or_refuse(picture, name)[0], scale)


def face_or_refuse(picture: Picture, name: str = "the picture") -> list[Face]:
    """As find_faces, one at least. name: of the picture, for the NoFaceError"""
    faces = find_faces(picture)
    if not faces:
        raise NoFaceError(
            f"{name}: no face was found; take a picture that shows one from the front, or give its place with a crop."
        )
    return faces


def spot_faces(picture: Picture, longest: int, threshold: float = 0.0) -> list[Face]:
    """Detect faces once, in a picture resized to `longest` pixels; low scores are dropped if there are high ones."""
    scale = longest / max(picture.shape[:2])
    faces = [_scaled(face, 1 / scale) for face in _detect(_resized(picture, longest), threshold)]
    least = _DOUBTFUL if surest(faces) >= SURE else -np.inf
    return sorted((face for face in faces if face.score >= least), key=lambda face: -face.weight)


def follow_face(picture: Picture, last: Face, threshold: float = -0.7) -> Face | None:
    """Find a face near its last position, at about its last size: cheaper and more sensitive than a full search."""
    box = Box.around(last, 2.0)
    side = ceil(2.0 * _SMALLEST * _GROWN * 1.25)
    scale = box.side / side
    found = [face for face in _detect(crop(picture, box, side), threshold) if 0.6 < face.w * scale / last.w < 1.6]
    if not found:
        return None
    x, y, w, h, score = max(found, key=lambda face: face.score)
    return Face(box.x + x * scale, box.y + y * scale, w * scale, h * scale, score)


def sureness(score: float) -> float:
    """Confidence from 0.1 to 1, saturating at SURE: higher scores tell the pose, not whether it is a face."""
    return min(1.0, max(0.1, score))


def surest(faces: Iterable[Face]) -> float:
    """The highest score."""
    return max((face.score for face in faces), default=-np.inf)


def _refined(picture: Picture, face: Face) -> Face:
    """Average detections at several image sizes: a single one resolves face sizes only in steps of a fifth."""
    looks = [face]
    for zoom in (1.0, 1.07, 1.14):
        around = Box.around(face, 2.2)
        side = round(2.2 * _SMALLEST * _GROWN * 1.3 * zoom)
        near = [_scaled(found, around.side / side) for found in _detect(crop(picture, around, side), 0.0)]
        near = [f._replace(x=f.x + around.x, y=f.y + around.y) for f in near if 0.6 < f.w / face.w < 1.6]
        looks += sorted(near, key=lambda f: -f.score)[:1]
    x, y, w, h, _ = np.mean(looks, axis=0)
    return Face(float(x), float(y), float(w), float(h), max(look.score for look in looks))


def _spot_framed(picture: Picture) -> list[Face]:
    """Last attempt: with stretched contrast and a border, for dark pictures and for faces that fill the picture."""
    small = Image.fromarray(reduced(picture, 320))
    room = round(max(small.size) / 4)
    light = np.asarray(ImageOps.autocontrast(small, cutoff=1))
    framed = np.pad(light, ((room, room), (room, room), (0, 0)), mode="edge")
    scale = max(picture.shape[:2]) / max(small.size)
    return [_scaled(face._replace(x=face.x - room, y=face.y - room), scale) for face in spot_faces(framed, _LOOK)]


def _detect(picture: Picture, threshold: float) -> list[Face]:
    found, scores, _ = _detector().run(np.ascontiguousarray(picture), 0, threshold)
    return [_face(rectangle, score) for rectangle, score in zip(found, scores, strict=True)]


def _face(rectangle: Any, score: float) -> Face:
    w, h = rectangle.width() * _GROWN, rectangle.height() * _GROWN
    x = (rectangle.left() + rectangle.right() + 1 - w) / 2
    y = (rectangle.top() + rectangle.bottom() + 1 - h) / 2 - _RAISED * rectangle.height()
    return Face(x, y, w, h, float(score))


def _detector() -> Any:
    """One detector for each thread, as it keeps state while it runs."""
    if not hasattr(_detectors, "faces"):
        _detectors.faces = _load_detector()
    return _detectors.faces


def _load_detector() -> Any:
    """dlib's get_frontal_face_detector(), as saved by it: unpacking its own copy takes 0.4 s."""
    try:
        return dlib.fhog_object_detector(str(_MODEL))
    except RuntimeError:  # saved in a format that this version of dlib does not read
        return dlib.get_frontal_face_detector()


def _resized(picture: Picture, longest: int) -> Picture:
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale <= 1:
        return reduced(picture, longest)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def _scaled(face: Face, by: float) -> Face:
    return Face(face.x * by, face.y * by, face.w * by, face.h * by, face.score)
