"""Search a driving film for its main face, with one fixed crop box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from x2face_core.errors import NoFaceError, UsageError
from x2face_core.media.ahead import refuse_stopped
from x2face_core.media.boxes import Box
from x2face_core.media.chosen import count_of_faces
from x2face_core.media.faces import SURE, Face, find_faces, sureness, surest
from x2face_core.media.following import MOST, FaceTracker
from x2face_core.media.frames import DecodedPicture, LazyFrame
from x2face_core.media.opening import Skip
from x2face_core.media.tracking import Track, overlap
from x2face_core.media.video import probe, read_lazy_frames
from x2face_core.media.working import in_thread

LOOKS_A_SECOND = 5  # sampled frames a second; a look is the analysis of one sampled frame
LONGEST = 640  # pixels on the longer side at which films are decoded and faces followed
EVERYWHERE = 480  # pixels on the longer side at which whole frames are searched for faces
_GAP = 4  # looks: a face missing for fewer was turned away or blurred, not absent
_GROWTH = 1.25  # largest enlargement of the box to contain a moving face
_CLOSE_LOOKS = 12  # frames searched as photographs are, if no detection was confident
_ENOUGH = 100  # pixels that a face should be wide; the detector's window has 80
_AS_LONG = 0.25  # share of the main face's sightings, weighed by width, from which another face is reported
_LONG = 20.0  # seconds from which a film has looks enough that the box hardly depends on each
_LEFT_OUT = 16  # frames at the end of a film that sparse decoding may leave out


@dataclass(frozen=True)
class FaceScan:
    """One fixed crop box for a clip, and which frames show the face.

    present: (n,) bool, one for each frame of read_frames(path, fps)
    others: boxes of other faces that are seen about as long and as large, from left to right
    number: of the chosen face among all of these, from left to right, from 1
    """

    box: Box
    present: NDArray[np.bool_]
    others: tuple[Box, ...] = ()
    number: int = 1

    def has_face(self, index: int) -> bool:
        """Whether frame `index` shows the face; beyond the end of `present`, its last value."""
        return bool(self.present[min(index, len(self.present) - 1)]) if len(self.present) else True


def scan_film(
    path: str | Path,
    fps: float | None = None,
    scale: float = 1.6,
    crop: Box | str = "auto",
    track: int | None = None,
    face: int | None = None,
    search: FaceSearch | None = None,
    limit: int | None = None,
) -> FaceScan:
    """Find the face of a film that is seen longest and largest, and one crop box for it.

    fps: rate at which the film will be read; default its own
    crop: auto; none, the largest centred square; x,y,w,h or a Box. Except with auto, no face is searched for and all
        frames count as present.
    track: as of probe
    face: number of the face to choose instead, from left to right, from 1; UsageError if there are fewer
    search: what search_film found, if that is known
    limit: number of frames, from the first, after which the film counts as ended; no more are decoded
    NoFaceError if no frame shows a face; UsageError if a given box lies outside the film; InputError as read_frames.
    """
    film = probe(path, track)
    if crop == "auto":
        found = search_film(path, fps, track, limit=limit) if search is None else search
        return found.scan(scale, film.width, face, str(path))
    box = crop if isinstance(crop, Box) else Box.given(crop, film.width, film.height, str(path))
    box.refuse_outside(film.width, film.height, str(path))
    count = film.frames if fps is None or film.seconds is None else max(1, round(film.seconds * fps))
    return FaceScan(box, np.ones(_at_most(count or 0, limit), dtype=np.bool_))


def _at_most(frames: int, limit: int | None) -> int:
    return frames if limit is None else min(frames, limit)


@dataclass(frozen=True)
class ScanResult:
    """The face tracks of a film.

    tracks: in pixels of frames that are `width` wide; frames: of the film; step: frames between two looks
    gap: looks; a face missing for fewer counts as present
    """

    tracks: list[Track]
    width: int
    frames: int
    step: int
    gap: int = _GAP

    @property
    def faces(self) -> int:
        """Number of faces that can be chosen."""
        return len(_persistent(self.tracks)) if self.tracks else 0

    @property
    def surest(self) -> float:
        return max((track.surest for track in self.tracks), default=surest([]))

    def scan(self, scale: float, width: int, face: int | None, name: str) -> FaceScan:
        """The box around a face, by default the one seen longest and largest, in pixels of a picture `width` wide."""
        boxes = [one.box(scale, _GROWTH) for one in _persistent(self.tracks)]
        first = boxes[0]
        boxes.sort(key=lambda box: box.x + box.side / 2)
        number = boxes.index(first) + 1 if face is None else face
        if number > len(boxes):
            raise UsageError(f"--face {number}: {name} shows {count_of_faces(len(boxes))}.")
        taken = boxes.pop(number - 1)
        looks = _without_gaps(_within(self.tracks, taken, scale, -(-self.frames // self.step)), self.gap)
        box, *others = (box.scaled(width / self.width) for box in (taken, *boxes))
        return FaceScan(box, _nearest(looks, self.step, self.frames), tuple(others), number)


def _persistent(tracks: list[Track]) -> list[Track]:
    """The most persistent face, and others that are seen about as long and as large somewhere else in the picture."""
    first, *later = sorted(tracks, key=_weight, reverse=True)
    kept = [first]
    for track in later:
        apart = all(overlap(_middle(track), _middle(other)) == 0 for other in kept)
        if apart and track.surest >= SURE and _weight(track) >= _AS_LONG * _weight(first):
            kept.append(track)
    return kept


def _middle(track: Track) -> Face:
    """The median of its rectangles."""
    x, y, w, h, score = np.median(np.array(list(track.faces.values())), axis=0)
    return Face(float(x), float(y), float(w), float(h), float(score))


@dataclass(frozen=True)
class FaceSearch:
    """All faces of a film, before one of them and its crop are chosen. frames: of the film"""

    seen: ScanResult
    frames: int

    def scan(self, scale: float, width: int, face: int | None, name: str) -> FaceScan:
        """As ScanResult.scan. NoFaceError if there is none."""
        if not self.seen.tracks:
            raise NoFaceError(
                f"{name}: no face was found in any of its {self.frames} frames; "
                "give its place with a crop, or another one."
            )
        found = self.seen.scan(scale, width, face, name)
        return replace(found, present=np.pad(found.present, (0, self.frames - len(found.present)), mode="edge"))


def search_film(
    path: str | Path,
    fps: float | None = None,
    track: int | None = None,
    stopped: Event | None = None,
    limit: int | None = None,
) -> FaceSearch:
    """Search a film for faces; arguments and errors as of scan_film. stopped: once set, Stopped is raised soon"""
    info = probe(path, track)
    film = _Film(path, fps or info.fps, track, (info.width, info.height), info.seconds, stopped or Event(), limit)
    seen = film.look(LONGEST, EVERYWHERE)
    if seen.surest < SURE:
        seen = max(seen, film.look_closely(seen.frames), key=lambda one: one.surest)
    return FaceSearch(seen, film.complete(seen.frames))


@dataclass(frozen=True)
class _Film:
    """A film to be scanned.

    size: width and height; seconds: its length, None if unknown; stopped: ends it when set
    limit: largest number of frames, None: all
    """

    path: str | Path
    rate: float
    track: int | None
    size: tuple[int, int]
    seconds: float | None
    stopped: Event
    limit: int | None

    def look(self, longest: int, everywhere: int) -> ScanResult:
        """Track its faces in frames reduced to `longest` pixels, with searches at `everywhere` pixels.

        Long films are decoded sparsely, and looked at sparsely where nothing moves.
        """
        step, sparse = max(1, round(self.rate / LOOKS_A_SECOND)), self._declared_frames >= _LONG * self.rate
        lookout, frames = FaceTracker(everywhere), 0

        def shots() -> Iterator[tuple[int, LazyFrame | DecodedPicture]]:
            nonlocal frames
            for frames, shot in enumerate(self._lazy_frames(longest, sparse=sparse), start=1):
                if (frames - 1) % step == 0:
                    yield (frames - 1) // step, shot

        def track(looks: Iterator[tuple[int, LazyFrame | DecodedPicture]]) -> int:
            for number, shot in looks:
                if sparse:
                    lookout.look_sparsely(number, shot)
                else:
                    lookout.look(number, shot.picture())
            lookout.finish()
            return frames

        outcome = in_thread(track, shots())
        if outcome.interrupted is not None:
            raise outcome.interrupted
        return ScanResult(lookout.tracks, lookout.width or self.size[0], frames, step)

    @property
    def _declared_frames(self) -> int:
        """Number of frames by its timestamps, up to the limit; 0 if unknown."""
        return _at_most(round((self.seconds or 0) * self.rate), self.limit)

    def complete(self, frames: int) -> int:
        """The number of frames, with those at the end that sparse decoding left out."""
        count = self._declared_frames
        return count if frames < count <= frames + _LEFT_OUT else frames

    def look_closely(self, frames: int) -> ScanResult:
        """Search a few frames as photographs are searched, then track the faces found at the resolution they need."""
        faces = self._as_photographs(frames)
        longest = max(self.size)
        if faces:
            enough = longest * _ENOUGH / np.median([face.w for face in faces.values()])
            seen = self.look(min(longest, round(enough)), min(MOST, round(enough)))
            if seen.surest >= min(SURE, surest(faces.values())):
                return seen
        return ScanResult([Track(faces)] if faces else [], self.size[0], frames, max(1, round(frames / _CLOSE_LOOKS)))

    def _as_photographs(self, frames: int) -> dict[int, Face]:
        """The first face of find_faces in each of a few frames, by the number of the look."""
        step = max(1, round(frames / _CLOSE_LOOKS))
        shots = islice(self._lazy_frames(None), 0, None, step)
        found = ((number, find_faces(shot.picture())) for number, shot in enumerate(shots))
        return {number: faces[0] for number, faces in found if faces}

    def _lazy_frames(self, longest: int | None, *, sparse: bool = False) -> Iterator[LazyFrame | DecodedPicture]:
        skip: Skip = "bidirectional" if sparse else "none"
        shots = read_lazy_frames(self.path, self.rate, longest=longest, track=self.track, skip=skip)
        for shot in islice(shots, self.limit):
            refuse_stopped(self.stopped)
            yield shot


def _weight(track: Track) -> float:
    """Sum over looks of face size, weighed by confidence."""
    return sum(face.w for face in track.faces.values()) * sureness(track.surest)


def _within(tracks: list[Track], box: Box, scale: float, looks: int) -> NDArray[np.bool_]:
    """(looks,) bool: which looks show a face that fits the box."""
    seen = np.zeros(looks, dtype=np.bool_)
    for track in tracks:
        for number, face in track.faces.items():
            off = max(abs(face.x + face.w / 2 - box.x - box.side / 2), abs(face.y + face.h / 2 - box.y - box.side / 2))
            if off < 0.4 * box.side and 0.5 < face.w * scale / box.side < 2:
                seen[number] = True
    return seen


def _without_gaps(seen: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Fill gaps shorter than `gap` looks."""
    filled = seen.copy()
    shown = np.flatnonzero(seen)
    for before, after in zip(shown[:-1], shown[1:], strict=True):
        if after - before <= gap:
            filled[before:after] = True
    return filled


def _nearest(seen: NDArray[np.bool_], step: int, frames: int) -> NDArray[np.bool_]:
    looks = np.minimum((np.arange(frames) + step // 2) // step, len(seen) - 1)
    answer: NDArray[np.bool_] = seen[looks]
    return answer
