"""Probing of media files: the first picture and the timestamps of all packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from x2face_core.files.placing import readable_file
from x2face_core.media.clocks import FASTEST, Clock, Segment, Timestamps, align_sound, goes_on, join_segments
from x2face_core.media.frames import pixel_aspect, upright_size
from x2face_core.media.opening import decoded_film, film_stream, opened, sound_stream
from x2face_core.media.rates import snapped
from x2face_core.media.timestamps import FileTimestamps, indexed, read_timestamps

USUAL_RATE = 25.0


@dataclass(frozen=True)
class Probed:
    """A file's film and sound on one timeline, which begins with the first picture, else with the sound.

    has_film, has_sound: whether there is a track that can be decoded
    size: width and height of the first picture, upright; None if none can be decoded
    rate: frames a second
    whole: how much the file says it holds over how much is there: 1.5 where a third is missing
    film, sound: what a Clock needs; without times of packets empty
    notes: what is odd about its clock
    """

    has_film: bool = False
    has_sound: bool = False
    size: tuple[int, int] | None = None
    rate: float = USUAL_RATE
    whole: float = 1.0
    film: tuple[Segment, ...] = ()
    sound: tuple[Segment, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def film_seconds(self) -> float | None:
        """Length of the film; None if it has no timestamps."""
        return max((segment.end for segment in self.film), default=None)

    @property
    def sound_seconds(self) -> float | None:
        """Time at which the sound ends; None if it has no timestamps."""
        return max((segment.end for segment in self.sound), default=None)


def probe_file(path: str | Path, film_track: int | None = None, sound_track: int | None = None) -> Probed:
    """Probe a file, cached until the file changes.

    film_track, sound_track: numbers from 1; None: the file's default
    InputError as `opened`.
    """
    known = readable_file(path).stat()
    return _probed(str(path), (known.st_ino, known.st_size, known.st_mtime_ns), film_track, sound_track)


@lru_cache(maxsize=64)
def _probed(path: str, state: tuple[int, ...], film_track: int | None, sound_track: int | None) -> Probed:
    with opened(path) as file:
        film, sound = film_stream(file, film_track), sound_stream(file, sound_track)
        if film is None and sound is None:
            return Probed()
        first = None if film is None else next(decoded_film(file, film), None)
        begin = None if first is None else _time(first)
        timestamps = indexed(file, film, sound, begin) or read_timestamps(path, film, sound)
        rate = snapped(timestamps.film.rate() or _claimed_rate(film) or USUAL_RATE)
        return Probed(
            has_film=film is not None,
            has_sound=sound is not None,
            size=None if first is None or film is None else upright_size(first, pixel_aspect(film)),
            rate=rate,
            whole=_declared_ratio(file, film, timestamps.film),
            **_one_clock(timestamps, rate, begin),
        )


def _claimed_rate(film: VideoStream | None) -> float | None:
    """Frame rate declared by the container, for films whose packets have no timestamps."""
    claims = (film.average_rate, film.guessed_rate) if film is not None else ()
    return next((float(rate) for rate in claims if rate and 1 <= rate <= FASTEST), None)


def _declared_ratio(file: InputContainer, film: VideoStream | None, timestamps: Timestamps) -> float:
    """Declared over actual length, at least 1; above 1 the file is truncated."""
    if film is None or not timestamps.count:
        return 1.0
    if film.frames:
        return max(1.0, film.frames / timestamps.count)
    forward = sum(b - a for a, b in timestamps.spans())
    claimed = _claimed_seconds(file, film)
    return max(1.0, claimed / forward) if claimed and forward > 0 else 1.0


def _claimed_seconds(file: InputContainer, film: VideoStream) -> float | None:
    """Declared length of the video track; the file's own may be that of its sound."""
    if film.duration and film.time_base:
        return float(film.duration * film.time_base)
    if not file.duration or len(file.streams) != 1:
        return None
    begin = max(0, file.start_time or 0) if "matroska" in file.format.name else 0  # whose duration is its end
    return (file.duration - begin) / 1e6


def _one_clock(timestamps: FileTimestamps, rate: float, begin: float | None) -> dict[str, Any]:
    """The stretches of film and sound, from the first picture on, and what is odd about them."""
    apart = [replace(one, lasts=one.lasts or 1 / rate) for one in timestamps.film.segments()]
    voices = timestamps.sound.segments()
    film = join_segments(apart, voices, 1 / rate)
    sound = align_sound(voices, film)
    first = next(iter(film or sound), Segment(0, 0))
    zero = (None if begin is None else Clock(film).to_timeline(begin)) or first.low + first.shift
    if not film and timestamps.film.count:
        film = [Segment(zero, zero + (timestamps.film.count - 1) / rate, lasts=1 / rate)]
    return {
        "film": tuple(replace(one, shift=one.shift - zero) for one in film),
        "sound": tuple(replace(one, shift=one.shift - zero) for one in sound),
        "notes": tuple(_oddities(apart, voices) if apart else _oddities(voices, [])),
    }


def _oddities(segments: Sequence[Segment], sound: Sequence[Segment]) -> list[str]:
    """Notes for the user on irregular timestamps of a film, or of a sound alone."""
    steps = list(pairwise(segments))
    restarts = sum(b.low <= a.high for a, b in steps)
    gaps = [b.low - a.high for a, b in steps if b.low > a.high and not goes_on(sound, a, b)]
    frozen = [b.low - a.high for a, b in steps if b.low > a.high and goes_on(sound, a, b)]
    return [
        *([f"its clock starts anew {_times(restarts)}; the parts follow one another"] if restarts else []),
        *([f"nothing comes for {_seconds(gaps)}; what is longer than a second is left out"] if gaps else []),
        *([f"its picture stands still for {_seconds(frozen)} while the sound goes on"] if frozen else []),
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _seconds(gaps: Sequence[float]) -> str:
    return f"{gaps[0]:,.1f} s" if len(gaps) == 1 else f"{min(gaps):,.1f} to {max(gaps):,.1f} s {len(gaps)} times"


def _time(frame: VideoFrame) -> float | None:
    return None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
