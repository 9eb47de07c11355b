"""Face tracks of a film: detected periodically, followed in between, ended at scene cuts, one square each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from x2face_core.media.cuts import CutDetector
from x2face_core.media.faces import Face, follow_face, spot_faces
from x2face_core.media.pictures import Picture
from x2face_core.media.tracking import Track, track_at
from x2face_core.media.video import probe, read_lazy_frames

FPS = 25.0
SCALE = 1.6
STEP = 5  # frames between two looks, which are the frames that are analysed
LONGEST = 960  # pixels on the longer side of the analysed frames; faces from a twelfth of it on are found

_SEARCH = 5  # looks between two searches for new faces
_MOST_MISSED = 3  # looks without the face after which a track ends
_SPREAD = 0.8  # face widths by which a face may move within one fixed square
_RESIZED = 1.5  # ratio of its largest to its smallest size within the square
_LONGEST_TRACK = 1500  # frames: a minute


@dataclass
class SceneTrack(Track):
    """One face in one scene. faces: by frame number, in pixels of the reduced frame

    end: number of the frame after the last one that shows it; missed: looks in a row without the face
    """

    end: int = 0
    missed: int = 0

    def __post_init__(self) -> None:
        self.end = max(self.faces, default=0) + 1

    @property
    def start(self) -> int:
        return min(self.faces)

    def has_room(self, face: Face, frame: int) -> bool:
        """Whether the track can be extended by this face within one fixed square."""
        x, y, w, h, _ = np.array([*self.faces.values(), face]).T
        travel = max(np.ptp(x + w / 2), np.ptp(y + h / 2))
        grown = w.max() / w.min()
        return bool(travel <= _SPREAD * np.median(w) and grown <= _RESIZED and frame - self.start < _LONGEST_TRACK)


@dataclass(frozen=True)
class Found:
    """The face tracks of a film.

    reduction: pixels of the film for a pixel of the tracks; frames: of the film at 25 a second; cuts: scene cuts
    """

    tracks: list[SceneTrack]
    reduction: float
    frames: int
    cuts: int


def find_tracks(path: Path) -> Found:
    """Detect and track the faces of a film. InputError if it cannot be read."""
    lookout, watch, frames, width, cuts = SceneTracker(), CutDetector(), 0, 1, 0
    fresh = 0
    for frames, shot in enumerate(read_lazy_frames(path, FPS, longest=LONGEST), start=1):
        picture = shot.picture()
        width = picture.shape[1]
        if watch.is_cut(picture):
            lookout.close(frames - 1)
            fresh, cuts = frames - 1, cuts + 1
        if (frames - 1 - fresh) % STEP == 0:
            lookout.look(frames - 1, picture)
    lookout.close(frames)
    return Found(lookout.tracks, probe(path).width / width, frames, cuts)


class SceneTracker:
    """Tracks all faces of a scene from look to look."""

    def __init__(self) -> None:
        self.tracks: list[SceneTrack] = []
        self._followed: list[SceneTrack] = []
        self._looks = 0

    def look(self, frame: int, picture: Picture) -> None:
        """Update the tracks with one frame."""
        self._followed = [now for track in self._followed if (now := self._follow(track, frame, picture)) is not None]
        self._drop_doubles()
        if self._looks % (_SEARCH if self._followed else 2) == 0:
            self._search(frame, picture)
        self._looks += 1

    def close(self, end: int) -> None:
        """End the scene: faces seen at its last look last until frame `end`."""
        for track in self._followed:
            if end - max(track.faces) <= STEP:
                track.end = end
        self._followed = []
        self._looks = 0

    def _follow(self, track: SceneTrack, frame: int, picture: Picture) -> SceneTrack | None:
        face = follow_face(picture, track.last)
        if face is None:
            track.missed += 1
            return track if track.missed < _MOST_MISSED else None
        track.missed = 0
        if not track.has_room(face, frame):
            track.end = frame
            return self._begin(frame, face)
        track.faces[frame] = face
        track.end = frame + 1
        return track

    def _begin(self, frame: int, face: Face) -> SceneTrack:
        self.tracks.append(SceneTrack({frame: face}))
        return self.tracks[-1]

    def _search(self, frame: int, picture: Picture) -> None:
        for face in spot_faces(picture, LONGEST):
            if track_at(face, self._followed) is None:
                self._followed.append(self._begin(frame, face))

    def _drop_doubles(self) -> None:
        """If two tracks follow the same face, end the newer one."""
        kept: list[SceneTrack] = []
        for track in sorted(self._followed, key=lambda track: track.start):
            if track_at(track.last, kept, 0.4) is None:
                kept.append(track)
        self._followed = kept


def numbered(tracks: list[SceneTrack]) -> Iterator[tuple[int, SceneTrack]]:
    """Number the tracks: the lowest number not in use at the same time, so 0 while a film shows one face."""
    busy: list[tuple[int, int]] = []  # number, end
    for track in sorted(tracks, key=lambda track: (track.start, -track.box().side)):
        busy = [(number, end) for number, end in busy if end > track.start]
        taken = {number for number, _ in busy}
        free = next(number for number in range(len(taken) + 1) if number not in taken)
        busy.append((free, track.end))
        yield free, track
