"""Reading films: what they are, and their frames at a constant rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from x2face_core.errors import InputError
from x2face_core.media.animations import animation_frames, animation_size, animation_times, is_animation
from x2face_core.media.frames import Conversion, Shot, Still, Turn, upright_size
from x2face_core.media.opening import decoded_film, film_stream, opened, sound_stream
from x2face_core.media.pictures import Picture
from x2face_core.media.placing import readable_file
from x2face_core.media.rates import Timed, at_rate, snapped

_FASTEST = 250  # frames a second; above, a container's claim is its clock, not its rate
_USUAL_RATE = 25.0
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
    """What is known of a film before reading it."""

    path: Path
    width: int  # upright: after rotation metadata
    height: int
    fps: float  # average rate, the common one where within a hundredth
    seconds: float | None
    frames: int | None  # about how many read_frames yields at `fps`
    sound: bool


def probe(path: str | Path) -> FilmInfo:
    """Look at a film (decodes its first frame). InputError when it is missing, broken or has no picture."""
    if is_animation(path):
        width, height = animation_size(path)
        return _info(path, (width, height), _span(animation_times(path)), sound=False)
    with opened(path) as film:
        stream = _film_stream(film, path)
        times = _claimed(film, stream)
        first = next(decoded_film(film, stream), None)
        if first is None:
            raise _nothing(path)
        size, sound = upright_size(first, _aspect(stream)), sound_stream(film) is not None
    if times.rate is None or times.seconds is None:
        measured = _packet_times(path)
        times = _Span(times.rate or measured.rate, times.seconds or measured.seconds)
    return _info(path, size, times, sound)


def is_film(path: str | Path) -> bool:
    """Whether a file is moving pictures, by its content: an animated gif is a film, a png is not.

    A broken file whose name is a film's counts as one, so that reading it says what is wrong.
    InputError when it is missing.
    """
    place = readable_file(path)
    animation = is_animation(place)
    if animation is not None:
        return animation
    try:
        with opened(place) as film:
            return film_stream(film) is not None or sound_stream(film) is not None
    except InputError:
        return place.suffix.lower() in _FILM_NAMES


def read_frames(path: str | Path, fps: float | None = None, *, longest: int | None = None) -> Iterator[Picture]:
    """Yield a film's frames upright, at a constant rate, one at a time.

    fps: rate to resample to by the frames' own times; default `probe(path).fps`
    longest: reduce to this many pixels on the longer side while decoding (never enlarges)
    A film cut short yields what decodes; InputError when nothing does.
    """
    last: Shot | Still | None = None
    for shot in read_shots(path, fps, longest=longest):
        picture = shot.picture()
        yield picture.copy() if shot is last else picture
        last = shot


def read_shots(path: str | Path, fps: float | None = None, *, longest: int | None = None) -> Iterator[Shot | Still]:
    """As read_frames, but each becomes a picture only when asked for: to look at a few costs the decoding alone."""
    rate = fps or probe(path).fps
    if is_animation(path):
        yield from at_rate(((time, Still(picture, longest)) for time, picture in animation_frames(path)), rate)
        return
    none_yet = True
    for shot in at_rate(_film_shots(path, longest, rate), rate):
        none_yet = False
        yield shot
    if none_yet:
        raise _nothing(path)


def _film_shots(path: str | Path, longest: int | None, rate: float) -> Iterator[tuple[Timed, Shot]]:
    with opened(path) as film:
        stream = _film_stream(film, path)
        convert: Conversion | None = None
        start = 0.0
        for frame in decoded_film(film, stream):
            convert = convert or Conversion(longest, _aspect(stream), Turn.of(frame))
            start = start if frame.pts is None else float(frame.pts * (frame.time_base or 0))
            lasts = float((frame.duration or 0) * (frame.time_base or 0)) or 1 / rate
            yield Timed(start, lasts), Shot(frame, convert)
            start += lasts


def _film_stream(film: InputContainer, path: str | Path) -> VideoStream:
    stream = film_stream(film)
    if stream is None:
        raise InputError(f"{path}: has sound only, no moving picture; give a film.")
    return stream


def _aspect(stream: VideoStream) -> float:
    """Width to height of one stored pixel; 1 where the film does not say or says nonsense."""
    ratio = stream.sample_aspect_ratio
    return float(ratio) if ratio and 0.1 < ratio < 10 else 1.0


def _nothing(path: str | Path) -> InputError:
    return InputError(f"{path}: not one frame of it can be decoded; it is cut short, broken or of an unknown codec.")


@dataclass(frozen=True)
class _Span:
    rate: float | None
    seconds: float | None


def _claimed(film: InputContainer, stream: VideoStream) -> _Span:
    """Rate and length as the container tells them, None where it does not."""
    claims = (stream.average_rate, stream.guessed_rate)
    rate = next((float(r) for r in claims if r and 0.1 <= r <= _FASTEST), None)
    if stream.duration and stream.time_base:
        return _Span(rate, float(stream.duration * stream.time_base))
    return _Span(rate, film.duration / 1e6 if film.duration else None)


def _packet_times(path: str | Path) -> _Span:
    """Rate and length from the times of all packets, undecoded."""
    times: list[float] = []
    with opened(path) as film:
        stream = _film_stream(film, path)
        try:
            for packet in film.demux(stream):
                if packet.pts is not None:
                    times.append(float(packet.pts * (packet.time_base or Fraction(0))))
        except FFmpegError:
            pass  # cut short: what came before counts
    times.sort()
    return _span([Timed(a, b - a) for a, b in zip(times, islice(times, 1, None), strict=False)], one_more=True)


def _span(times: list[Timed], *, one_more: bool = False) -> _Span:
    """Rate and length of frames that are shown in turn; one_more: another of average length comes last."""
    total = sum(time.lasts for time in times)
    if total <= 0:
        return _Span(None, None)
    rate = len(times) / total
    return _Span(rate if rate <= _FASTEST else None, total + (1 / rate if one_more else 0.0))


def _info(path: str | Path, size: tuple[int, int], times: _Span, sound: bool) -> FilmInfo:
    rate = snapped(times.rate or _USUAL_RATE)
    frames = None if times.seconds is None else max(1, round(times.seconds * rate))
    return FilmInfo(Path(path), size[0], size[1], rate, times.seconds, frames, sound)
