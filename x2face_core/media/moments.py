"""A few pictures spread over a film, and the face in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from x2face_core.media.faces import SURE
from x2face_core.media.folders import LOOKS
from x2face_core.media.following import FaceTracker
from x2face_core.media.frames import DecodedPicture, LazyFrame
from x2face_core.media.opening import Skip, can_skip, opened
from x2face_core.media.pictures import Picture
from x2face_core.media.scan import EVERYWHERE, LONGEST, FaceScan, ScanResult, scan_film
from x2face_core.media.video import probe, read_lazy_frames

_LONG = 120.0  # seconds from which keyframes alone are decoded
_ENOUGH = LOOKS // 2  # different keyframes next to the moments, with which they are spread well enough


@dataclass(frozen=True)
class Moments:
    """Up to LOOKS evenly spaced frames of a film; of a long one, the keyframes next to them.

    rate: moments a second; skip: what is not decoded
    """

    path: Path
    rate: float
    skip: Skip = "none"

    @classmethod
    def of(cls, path: Path) -> Moments:
        """InputError as read_frames."""
        info = probe(path)
        plain = cls(path, min(info.fps, LOOKS / info.seconds) if info.seconds else info.fps)
        if (info.seconds or 0) < _LONG or not _has_keyframe_times(path):
            return plain
        sparse = replace(plain, skip="predicted")
        return sparse if sparse._different() >= _ENOUGH else plain

    def pictures(self) -> Iterator[Picture]:
        """(h, w, 3) uint8 RGB each."""
        return (shot.picture() for shot in self._shots(None))

    def scan(self, scale: float = 1.6, crop: str = "auto", face: int | None = None) -> FaceScan:
        """The crop box around the film's face; `present` tells for each moment whether it shows the face.

        scale, crop, face, errors: as of scan_film
        """
        found = self._search() if crop == "auto" and self.skip != "none" else None
        info = probe(self.path)
        if found is not None and found.surest >= SURE:
            return found.scan(scale, info.width, face, str(self.path))
        scan = scan_film(self.path, info.fps, scale, crop, face=face)
        shown = [scan.has_face(round(moment * info.fps / self.rate)) for moment in range(LOOKS)]
        return replace(scan, present=np.array(shown))

    def _search(self) -> ScanResult:
        tracker, number = FaceTracker(EVERYWHERE), -1
        for number, shot in enumerate(self._shots(LONGEST)):
            tracker.look(number, shot.picture())
        return ScanResult(tracker.tracks, tracker.width, number + 1, step=1, gap=1)

    def _different(self) -> int:
        """Number of moments whose frame is not that of the moment before."""
        last, count = None, 0
        for shot in self._shots(None):
            count, last = count + (shot is not last), shot
        return count

    def _shots(self, longest: int | None) -> Iterator[LazyFrame | DecodedPicture]:
        return islice(read_lazy_frames(self.path, self.rate, longest=longest, skip=self.skip), LOOKS)


def _has_keyframe_times(path: Path) -> bool:
    with opened(path) as film:
        return can_skip(film)
