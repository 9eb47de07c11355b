"""The scenes of a film, from cut to cut, with the face in each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from x2face_core.errors import NoFaceError
from x2face_core.media.cuts import CutDetector
from x2face_core.media.following import FaceTracker
from x2face_core.media.scan import EVERYWHERE, LONGEST, LOOKS_A_SECOND, FaceScan, ScanResult, scan_film
from x2face_core.media.video import probe, read_lazy_frames


@dataclass(frozen=True)
class Scene:
    """Frames start … stop - 1 of a film without a cut between them.

    scan: the face in it, with one fixed crop box and `present` counted from `start`; None if no frame shows one
    """

    start: int
    stop: int
    scan: FaceScan | None

    @property
    def frames(self) -> int:
        return self.stop - self.start

    def has_face(self, frame: int) -> bool:
        """Whether a frame, counted from the film's first, shows the face."""
        return self.scan is not None and self.scan.has_face(frame - self.start)


def scan_scenes(
    path: Path,
    fps: float,
    scale: float = 1.6,
    crop: str = "auto",
    face: int | None = None,
    limit: int | None = None,
) -> list[Scene]:
    """The scenes of a film in their order, at least one.

    fps, scale, crop, face, limit: as of scan_film; a scene with fewer faces than `face` counts as one without
    NoFaceError if no scene shows a face; UsageError, InputError as scan_film.
    """
    cuts, results, width = _watch(path, fps, limit)
    if len(results) == 1 or crop != "auto":
        scan = scan_film(path, fps, scale, crop, face=face, limit=limit)
        return [Scene(start, stop, scan) for start, stop in cuts]
    scenes = [
        Scene(start, stop, result.scan(scale, width, face, str(path)) if _shows(result, face) else None)
        for (start, stop), result in zip(cuts, results, strict=True)
    ]
    if all(scene.scan is None for scene in scenes):
        raise NoFaceError(f"{path}: no face was found in any of its scenes; give its place with --crop x,y,w,h.")
    return scenes


def _shows(result: ScanResult, face: int | None) -> bool:
    return bool(result.tracks) and (face is None or face <= result.faces)


def _watch(path: Path, fps: float, limit: int | None) -> tuple[list[tuple[int, int]], list[ScanResult], int]:
    """First frame and end of each scene, the faces tracked in it, and the film's width in pixels."""
    info = probe(path)
    step = max(1, round(fps / LOOKS_A_SECOND))
    detector, tracker = CutDetector(), FaceTracker(EVERYWHERE)
    starts, results, width, number = [0], [], info.width, -1

    def finish(stop: int) -> None:
        results.append(ScanResult(tracker.tracks, width, stop - starts[-1], step))

    for number, frame in enumerate(islice(read_lazy_frames(path, fps, longest=LONGEST), limit)):
        picture = frame.picture()
        width = picture.shape[1]
        if detector.is_cut(picture):
            finish(number)
            tracker = FaceTracker(EVERYWHERE)
            starts.append(number)
        if (number - starts[-1]) % step == 0:
            tracker.look((number - starts[-1]) // step, picture)
    finish(number + 1)
    return list(_spans(starts, number + 1)), results, info.width


def _spans(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    yield from zip(starts, [*starts[1:], end], strict=True)
