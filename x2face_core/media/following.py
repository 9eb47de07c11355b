"""Following the faces of a film from look to look; a look is the analysis of one sampled frame."""

from __future__ import annotations

from itertools import islice

import numpy as np

from x2face_core.media.faces import Face, follow_face, spot_faces
from x2face_core.media.frames import DecodedPicture, LazyFrame
from x2face_core.media.pictures import Picture
from x2face_core.media.tracking import Track, track_at

MOST = 3840  # pixels on the longer side at which faces are searched for
_NEW_FACES = 10  # looks between two searches for new faces, at first
_RARER = 0.2  # share of a film so far after which new faces are searched for, where that is more
_STILL = 0.12  # of its width: a face that moves less between two looks is looked at every other time


class FaceTracker:
    """Tracks the faces of a film from look to look.

    everywhere: pixels on the longer side at which whole frames are searched for faces
    """

    def __init__(self, everywhere: int) -> None:
        self._everywhere = everywhere
        self.tracks: list[Track] = []
        self.width = 0  # pixels of the frames, after the first look
        self._followed: list[Track] = []
        self._blank = 0  # looks in a row without any face
        self._looks = self._search_at = 0  # looks so far, and the one that searches for new faces
        self._waiting: tuple[int, LazyFrame | DecodedPicture] | None = None  # the look that was left out last

    def look(self, number: int, picture: Picture) -> None:
        """Update the tracks with one frame. number: of the look"""
        self.width = picture.shape[1]
        followed = [track for track in self._followed if self._follow(track, number, picture)]
        self._blank = 0 if followed else self._blank + 1
        if (not followed and self._blank % 2) or self._looks >= self._search_at:
            self._search(number, picture, followed)
            self._search_at = self._looks + max(_NEW_FACES, round(_RARER * self._looks))
        self._looks += 1
        self._followed = followed

    def look_sparsely(self, number: int, shot: LazyFrame | DecodedPicture) -> None:
        """As look, but while no face moves far, every other frame is only looked at if the next one shows a change."""
        if self._waiting is None and self._rests():
            self._waiting = number, shot
            return
        if self._waiting is not None and self._bridged(self._waiting[0], number, shot.picture()):
            self._waiting = None
            return
        self.finish()
        self.look(number, shot.picture())

    def finish(self) -> None:
        """Look at the frame that look_sparsely left out last."""
        if self._waiting is not None:
            number, shot = self._waiting
            self._waiting = None
            self.look(number, shot.picture())

    def _rests(self) -> bool:
        searching = self._looks + 1 >= self._search_at
        return bool(self._followed) and not searching and all(_still(track) for track in self._followed)

    def _bridged(self, between: int, number: int, picture: Picture) -> bool:
        """Follow all faces from two looks before. False, and nothing is noted, if one is lost or moved."""
        faces = [follow_face(picture, track.last) for track in self._followed]
        pairs = [(track, face) for track, face in zip(self._followed, faces, strict=True) if face is not None]
        if len(pairs) < len(faces) or not all(_near(track.last, face, 2 * _STILL) for track, face in pairs):
            return False
        for track, face in pairs:
            x, y, w, h, score = np.mean([track.last, face], axis=0)
            track.faces[between] = Face(float(x), float(y), float(w), float(h), float(score))
            track.faces[number] = face
        self._looks += 2
        return True

    def _follow(self, track: Track, number: int, picture: Picture) -> bool:
        face = follow_face(picture, track.last)
        if face is not None:
            track.faces[number] = face
        return face is not None

    def _search(self, number: int, picture: Picture, followed: list[Track]) -> None:
        found = spot_faces(picture, self._everywhere)
        if not found and not self.tracks and self._blank % 4 == 1:
            found = spot_faces(picture, min(2 * self._everywhere, MOST))
        for face in found:
            if track_at(face, followed):
                continue
            track = track_at(face, (track for track in self.tracks if track not in followed))
            if track is None:
                track = Track()
                self.tracks.append(track)
            track.faces[number] = face
            followed.append(track)


def _still(track: Track) -> bool:
    """Whether a face moved little enough between its last two looks that the next one may be left out."""
    faces = list(islice(reversed(track.faces.values()), 2))
    return len(faces) == 2 and _near(faces[1], faces[0], _STILL)


def _near(before: Face, after: Face, share: float) -> bool:
    """Whether position and size differ by at most a share of the width."""
    return max(abs(x - y) for x, y in zip(before[:3], after[:3], strict=True)) <= share * after.w
