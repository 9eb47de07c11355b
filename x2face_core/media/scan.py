"""Looking through a film for its face, before driving with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.errors import NoFaceError
from x2face_core.media.boxes import Box
from x2face_core.media.faces import Face, follow_face, spot_faces
from x2face_core.media.pictures import Picture
from x2face_core.media.video import probe, read_shots

_LOOKS = 5  # a second
_LONGEST = 640  # pixels on the longer side at which films are looked through
_EVERYWHERE = 480
_NEW_FACES = 10  # looks between two searches for faces that came later
_GAP = 4  # looks: a face missed for less than that was turned or blurred, not gone
_GROWTH = 1.25  # how far a box may grow beyond its scale to hold a face that moves


@dataclass(frozen=True)
class FaceScan:
    """One fixed box for a clip, and which frames have the face.

    present: (n,) bool, a value a frame of read_frames(path, fps)
    """

    box: Box
    present: NDArray[np.bool_]

    def has_face(self, index: int) -> bool:
        """Whether frame `index` has the face; beyond `present` as its last value."""
        return bool(self.present[min(index, len(self.present) - 1)]) if len(self.present) else True


def scan_film(
    path: str | Path,
    fps: float | None = None,
    scale: float = 1.6,
    crop: Box | str = "auto",
    track: int | None = None,
) -> FaceScan:
    """Find a film's most persistent face and one box for it.

    fps: the rate at which the film will be read; default its own
    crop: auto; none, the largest centred square; x,y,w,h or a Box, taken as it is. Without auto nothing is looked for
        and all frames count as present.
    track: as in probe
    NoFaceError when no frame has a face; UsageError when a given box misses the film; InputError as read_frames.
    """
    if crop == "auto":
        return _looked_through(path, fps, scale, track)
    film = probe(path, track)
    box = crop if isinstance(crop, Box) else Box.given(crop, film.width, film.height, str(path))
    box.refuse_outside(film.width, film.height, str(path))
    count = film.frames if fps is None or film.seconds is None else max(1, round(film.seconds * fps))
    return FaceScan(box, np.ones(count or 0, dtype=np.bool_))


@dataclass
class _Track:
    """One face through the film: number of the look, and its rectangle then."""

    faces: dict[int, Face] = field(default_factory=dict)

    @property
    def last(self) -> Face:
        return self.faces[max(self.faces)]

    def weight(self) -> float:
        """How long and how large it is seen."""
        return sum(face.w for face in self.faces.values())


class _Lookout:
    """Follows the faces of a film from look to look."""

    def __init__(self) -> None:
        self.tracks: list[_Track] = []
        self._followed: list[_Track] = []
        self._blank = 0  # looks in a row without any face

    def look(self, number: int, picture: Picture) -> None:
        """Take in what one picture shows."""
        still = [track for track in self._followed if self._follow(track, number, picture)]
        self._blank = 0 if still else self._blank + 1
        if (not still and self._blank % 2) or number % _NEW_FACES == 0:
            self._search(number, picture, still)
        self._followed = still

    def _follow(self, track: _Track, number: int, picture: Picture) -> bool:
        face = follow_face(picture, track.last)
        if face is not None:
            track.faces[number] = face
        return face is not None

    def _search(self, number: int, picture: Picture, still: list[_Track]) -> None:
        found = spot_faces(picture, _EVERYWHERE)
        if not found and not self.tracks and self._blank % 4 == 1:
            found = spot_faces(picture, 2 * _EVERYWHERE)
        for face in found:
            if any(_overlap(face, track.last) > 0.2 for track in still):
                continue
            track = next((t for t in self.tracks if t not in still and _overlap(face, t.last) > 0.2), None)
            if track is None:
                track = _Track()
                self.tracks.append(track)
            track.faces[number] = face
            still.append(track)


def _looked_through(path: str | Path, fps: float | None, scale: float, track: int | None) -> FaceScan:
    rate = fps or probe(path, track).fps
    step = max(1, round(rate / _LOOKS))
    lookout, frames, reduction = _Lookout(), 0, 1.0
    for frames, shot in enumerate(read_shots(path, rate, longest=_LONGEST, track=track), start=1):
        if (frames - 1) % step == 0:
            picture = shot.picture()
            lookout.look((frames - 1) // step, picture)
    width = probe(path, track).width
    reduction = width / picture.shape[1]
    if not lookout.tracks:
        raise NoFaceError(
            f"{path}: no face was found in any of its {frames} frames; give its place with a crop, or another film."
        )
    best = max(lookout.tracks, key=_Track.weight)
    box = _enclosing(list(best.faces.values()), scale)
    seen = _within(lookout.tracks, box, scale, -(-frames // step))
    present = (
        np.repeat(_without_gaps(seen), step)[:frames] if step == 1 else _nearest(_without_gaps(seen), step, frames)
    )
    return FaceScan(Box(box.x * reduction, box.y * reduction, box.side * reduction), present)


def _enclosing(faces: list[Face], scale: float) -> Box:
    """The box of the median size about the middle of the motion, grown a little where the face would leave it."""
    x, y, w, h, _ = np.array(faces).T
    size = float(np.median(w))
    centres = np.stack([x + w / 2, y + h / 2], axis=1)
    low, high = np.percentile(centres, [5, 95], axis=0)
    spread = float((high - low).max())
    side = float(np.clip(spread + 1.2 * size, scale * size, _GROWTH * scale * size))
    middle = (low + high) / 2
    return Box(float(middle[0]) - side / 2, float(middle[1]) - side / 2, side)


def _within(tracks: list[_Track], box: Box, scale: float, looks: int) -> NDArray[np.bool_]:
    """Which looks show a face that fits the box."""
    seen = np.zeros(looks, dtype=np.bool_)
    for track in tracks:
        for number, face in track.faces.items():
            off = max(abs(face.x + face.w / 2 - box.x - box.side / 2), abs(face.y + face.h / 2 - box.y - box.side / 2))
            if off < 0.4 * box.side and 0.5 < face.w * scale / box.side < 2:
                seen[number] = True
    return seen


def _without_gaps(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill short stretches between two looks that show the face."""
    filled = seen.copy()
    shown = np.flatnonzero(seen)
    for before, after in zip(shown[:-1], shown[1:], strict=True):
        if after - before <= _GAP:
            filled[before:after] = True
    return filled


def _nearest(seen: NDArray[np.bool_], step: int, frames: int) -> NDArray[np.bool_]:
    looks = np.minimum((np.arange(frames) + step // 2) // step, len(seen) - 1)
    answer: NDArray[np.bool_] = seen[looks]
    return answer


def _overlap(a: Face, b: Face) -> float:
    """Intersection over union."""
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    high = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    common = max(0.0, wide) * max(0.0, high)
    return common / (a.w * a.h + b.w * b.h - common)
