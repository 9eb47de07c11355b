"""Opening films and sounds with PyAV, and decoding them as far as they are intact."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from x2face_core.errors import InputError
from x2face_core.files.placing import readable_file

MOST_PIXELS = 8192 * 8192
"""Largest number of pixels of a film's frame."""

T = TypeVar("T", VideoStream, AudioStream)
Skip = Literal["none", "bidirectional", "predicted"]
"""Frames of a film that are not decoded."""

_DEMUXERS = (
    *(
        "mov",
        "matroska",
        "avi",
        "mpegts",
        "mpeg",
        "mpegvideo",
        "flv",
        "live_flv",
        "asf",
        "ogg",
        "rm",
        "mxf",
        "gxf",
        "nut",
    ),
    *("dv", "ivf", "wtv", "nsv", "h264", "hevc", "obu", "m4v", "mjpeg", "h263", "vc1", "yuv4mpegpipe", "gif", "apng"),
    *("wav", "w64", "aiff", "au", "caf", "flac", "mp3", "aac", "ac3", "eac3", "dts", "dtshd", "truehd", "amr", "amrnb"),
    *("amrwb", "ape", "wv", "tta", "tak", "mpc", "mpc8", "voc", "ircam", "sox", "gsm", "dsf", "iff", "loas", "oma"),
)
"""The demuxers that are allowed. FFmpeg's others read text, lists of other files, devices or the network."""

_TIMED = {"mov", "matroska"}  # demuxers of containers in which each packet has a presentation time


def local(path: str | Path) -> str:
    """An absolute path, so that FFmpeg does not take names such as `take: 1/a.mp4` for protocols."""
    return str(Path(path).absolute())


@contextmanager
def opened(path: str | Path) -> Iterator[InputContainer]:
    """Open a film or sound file for reading. InputError if it is missing, empty, broken, or neither of the two.

    All films and sounds are opened here.
    """
    readable = readable_file(path)
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(_DEMUXERS)}
    try:
        container = av.open(local(readable), "r", metadata_errors="replace", options=options)
    except (FFmpegError, ValueError, OSError) as error:
        raise InputError(f"{path}: cannot be read as film or sound; {_why(error)}.") from None
    with container:
        yield container


@contextmanager
def opened_content(content: bytes, form: str) -> Iterator[InputContainer]:
    """Open the content of a film, such as of a member of a shard. form: FFmpeg's name of its container format"""
    options = {"protocol_whitelist": "file"}
    with av.open(io.BytesIO(content), "r", format=form, options=options) as container:
        yield container


def created(path: str | Path, form: str, **options: str) -> OutputContainer:
    """Open a film file for writing; all films are opened for writing here.

    form: FFmpeg's name of the container format
    """
    return av.open(local(path), "w", format=form, options=options)


def _why(error: Exception) -> str:
    if isinstance(error, av.error.ArgumentError):  # also raised for demuxers that are not allowed
        return "it is neither, or it is broken (its content counts, not its name); convert it, or copy it again"
    detail = " ".join(str(getattr(error, "strerror", None) or error).split())
    return f"it is broken, cut short or not what its name says ({detail}); copy it again, or convert it"


def film_stream(container: InputContainer, number: int | None = None) -> VideoStream | None:
    """The video track, if there is one that can be decoded; cover art of a sound file does not count.

    number: from 1; None: the track that the file marks as default, else the first
    InputError if there is no track of that number.
    """
    return _chosen(_films(container), number, container.name, "film")


def sound_stream(container: InputContainer, number: int | None = None) -> AudioStream | None:
    """The sound track, if there is one that can be decoded; arguments as of film_stream."""
    return _chosen(list(container.streams.audio), number, container.name, "sound")


def sound_tracks(container: InputContainer, number: int | None = None) -> list[int]:
    """Numbers, from 1, of the sound tracks that can be decoded, the default first; only `number` if that is given."""
    first = sound_stream(container, number)
    tracks = list(container.streams.audio)
    known = [stream for stream in tracks if stream.codec_context is not None and number is None]
    order = [stream for stream in [first] if stream] + [stream for stream in known if stream is not first]
    return [tracks.index(stream) + 1 for stream in order]


def no_stream(path: str | Path, what: str) -> InputError:
    """The error for a file without a video or a sound track."""
    with opened(path) as container:
        there = _films(container) if what == "film" else list(container.streams.audio)
        is_empty = not container.streams
    if is_empty:
        return InputError(f"{path}: is cut off before its first picture or sound; copy or record it again.")
    if there:
        return InputError(f"{path}: its {what} is of an unknown codec; convert it, to .mp4 with H.264 or to .wav.")
    lack = "sound only, no moving picture; give a film" if what == "film" else "no sound; give a file with sound"
    return InputError(f"{path}: has {lack}.")


def _films(container: InputContainer) -> list[VideoStream]:
    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def _chosen(streams: list[T], number: int | None, path: str, what: str) -> T | None:
    if number is not None and not 1 <= number <= len(streams):
        raise InputError(f"{path}: has {len(streams)} tracks of {what}; there is no track {number}.")
    wanted = streams if number is None else [streams[number - 1]]
    known = [stream for stream in wanted if stream.codec_context is not None]
    return next((stream for stream in known if stream.disposition & Disposition.default), next(iter(known), None))


def decoded_film(container: InputContainer, stream: VideoStream, *, skip: Skip = "none") -> Iterator[VideoFrame]:
    """Frames in presentation order; broken ones are skipped, and a truncated file ends early.

    skip: bidirectional: leave out frames that are predicted from later ones, about three in four of usual films, for a
        third of the time; predicted: all but keyframes, which are seconds apart; only in containers whose packets all
        have a presentation time
    InputError if the file declares more pixels than MOST_PIXELS; the decoder allocates no larger frame either.
    """
    context = stream.codec_context
    if context.width * context.height > MOST_PIXELS:
        size = f"{context.width}x{context.height} pixels"
        raise InputError(f"{container.name}: has {size}; at most {MOST_PIXELS:,} are read, reduce it first.")
    context.options = {"max_pixels": str(MOST_PIXELS)}
    if skip != "none" and can_skip(container):
        context.skip_frame = "BIDIR" if skip == "bidirectional" else "NONKEY"
    for frame in _decoded(container, stream):
        if isinstance(frame, VideoFrame):
            yield frame


def can_skip(container: InputContainer) -> bool:
    """Whether frames may be left out, as the time of the others is known without them."""
    return bool(_TIMED & set(container.format.name.split(",")))


def decoded_sound(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Blocks of samples in order; broken ones are skipped, and a truncated file ends early."""
    for frame in _decoded(container, stream):
        if isinstance(frame, AudioFrame):
            yield frame


def _decoded(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[object]:
    context = stream.codec_context
    context.thread_type = "AUTO"  # frames and slices in parallel
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, FFmpegError):
            break
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        yield from frames
    yield from _drained(stream)


def _drained(stream: VideoStream | AudioStream) -> list[object]:
    try:
        return list(stream.decode(None))
    except FFmpegError:
        return []
