"""Reading films: metadata, and frames at a constant rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from x2face_core.errors import InputError
from x2face_core.files.placing import readable_file
from x2face_core.media.animations import animation_frames, animation_size, animation_times, is_animation
from x2face_core.media.clocks import GAP, Clock, usual_rate
from x2face_core.media.frames import Conversion, DecodedPicture, LazyFrame
from x2face_core.media.opening import Skip, decoded_film, film_stream, no_stream, opened
from x2face_core.media.pictures import Picture
from x2face_core.media.probing import USUAL_RATE, probe_file
from x2face_core.media.rates import Timed, at_rate, snapped

_FILM_NAMES = {
    ".mp4",
    ".mov",
    ".m4v",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".ts",
    ".mts",
    ".wmv",
    ".flv",
    ".3gp",
    ".ogv",
}


@dataclass(frozen=True)
class FilmInfo:
    """Metadata of a film.

    width, height: upright, after rotation metadata
    fps: median frame rate, rounded to a common rate within 1 %
    seconds, frames: approximate length, and number of frames that read_frames yields at `fps`
    declared_frames: number of frames that the file declares; more than `frames` if it is truncated
    notes: irregularities of its timestamps, to show to the user
    """

    path: Path
    width: int
    height: int
    fps: float
    seconds: float | None
    frames: int | None
    sound: bool
    declared_frames: int | None = None
    notes: tuple[str, ...] = ()


def probe(path: str | Path, track: int | None = None) -> FilmInfo:
    """Read a film's metadata; decodes its first frame. InputError if it is missing, broken or has no picture.

    track: number of the video track, from 1; None: the file's default
    """
    if is_animation(path):
        return _probe_animation(path)
    found = probe_file(path, track)
    if not found.has_film:
        raise no_stream(path, "film")
    if found.size is None:
        raise _nothing(path)
    seconds = found.film_seconds
    frames = None if seconds is None else max(1, round(seconds * found.rate))
    declared_frames = None if frames is None else round(frames * found.whole)
    return FilmInfo(Path(path), *found.size, found.rate, seconds, frames, found.has_sound, declared_frames, found.notes)


def _probe_animation(path: str | Path) -> FilmInfo:
    times = animation_times(path)
    rate = snapped(usual_rate(np.array([time.lasts for time in times])) or USUAL_RATE)
    seconds = sum(min(time.lasts, GAP) for time in times)
    return FilmInfo(Path(path), *animation_size(path), rate, seconds, max(1, round(seconds * rate)), sound=False)


def is_film(path: str | Path) -> bool:
    """Whether a file is a film, by its content: an animated gif is one, a png is not.

    A broken file whose name is a film's counts as one, so that reading it says what is wrong; so does one cut off
    before its first stream.
    InputError when it is missing.
    """
    readable = readable_file(path)
    animation = is_animation(readable)
    if animation is not None:
        return animation
    try:
        with opened(readable) as film:
            has_streams = bool(film.streams.video or film.streams.audio)
    except InputError:
        has_streams = False
    return has_streams or readable.suffix.lower() in _FILM_NAMES


def read_frames(
    path: str | Path, fps: float | None = None, *, longest: int | None = None, track: int | None = None
) -> Iterator[Picture]:
    """Yield a film's frames, upright (h, w, 3) uint8 RGB, at a constant rate.

    fps: rate to resample to, by the frames' timestamps; default `probe(path).fps`
    longest: reduce to this many pixels on the longer side while decoding (never enlarges)
    track: as in probe
    A truncated film yields the frames that can be decoded; InputError if there is none.
    """
    last: LazyFrame | DecodedPicture | None = None
    for shot in read_lazy_frames(path, fps, longest=longest, track=track):
        picture = shot.picture()
        yield picture.copy() if shot is last else picture
        last = shot


def read_lazy_frames(
    path: str | Path,
    fps: float | None = None,
    *,
    longest: int | None = None,
    track: int | None = None,
    skip: Skip = "none",
) -> Iterator[LazyFrame | DecodedPicture]:
    """As read_frames, but frames are converted to pictures on demand, so skipped ones cost only their decoding.

    skip: frames that opening.decoded_film leaves out are replaced by the decoded one next to them; up to as many as lie
        between two decoded frames are missing at the end
    """
    if is_animation(path):
        yield from at_rate(_decoded_animation_frames(path, longest), fps or _probe_animation(path).fps)
        return
    none_yet = True
    for shot in at_rate(_lazy_film_frames(path, longest, track, skip), fps or probe(path, track).fps):
        none_yet = False
        yield shot
    if none_yet:
        raise _nothing(path)


def _decoded_animation_frames(path: str | Path, longest: int | None) -> Iterator[tuple[Timed, DecodedPicture]]:
    start = 0.0
    for time, picture in animation_frames(path):
        lasts = min(time.lasts, GAP)
        yield Timed(start, lasts), DecodedPicture(picture, longest)
        start += lasts


def _lazy_film_frames(
    path: str | Path, longest: int | None, track: int | None, skip: Skip
) -> Iterator[tuple[Timed, LazyFrame]]:
    found = probe_file(path, track)
    clock, end = Clock(found.film), found.film_seconds or 0.0
    with opened(path) as film:
        stream = film_stream(film, track)
        if stream is None:
            raise no_stream(path, "film")
        convert: Conversion | None = None
        following = 0.0  # presentation time for a frame without a timestamp
        for frame in decoded_film(film, stream, skip=skip):
            convert = convert or Conversion.of(frame, stream, longest)
            start = None if frame.pts is None else clock.to_timeline(float(frame.pts * (frame.time_base or 0)))
            start = following if start is None else start
            following = start + 1 / found.rate
            lasts = end - start if end - start <= 2.1 / found.rate else 1 / found.rate
            yield Timed(start, lasts), LazyFrame(frame, convert)


def _nothing(path: str | Path) -> InputError:
    return InputError(f"{path}: not one frame of it can be decoded; it is cut short, broken or of an unknown codec.")
