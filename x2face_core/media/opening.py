"""Opening films and sounds with PyAV, and decoding what can be decoded of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from x2face_core.errors import InputError
from x2face_core.media.placing import readable_file

# Demuxers that take text, lists of other files or stills for a film.
_NO_FILMS = {"tty", "concat", "hls", "dash", "image2", "sdp", "rtsp", "ffmetadata", "srt", "webvtt", "ass", "lrc"}


@contextmanager
def opened(path: str | Path) -> Iterator[InputContainer]:
    """A film or sound file, open for reading. InputError when it is missing, empty, broken, or neither of the two."""
    place = readable_file(path)
    try:
        container = av.open(str(place), "r", metadata_errors="replace", options={"protocol_whitelist": "file"})
    except (FFmpegError, ValueError, OSError) as error:
        raise InputError(f"{path}: cannot be read as film or sound; {_why(error)}.") from None
    with container:
        names = set(container.format.name.split(","))
        if names & _NO_FILMS or container.format.name.endswith("_pipe"):
            raise InputError(f"{path}: is no film and no sound, whatever its name says.")
        yield container


def _why(error: Exception) -> str:
    detail = " ".join(str(getattr(error, "strerror", None) or error).split())
    return f"it is broken, cut short or not what its name says ({detail}); copy it again, or convert it"


def film_stream(container: InputContainer) -> VideoStream | None:
    """The stream of moving pictures, if any; the cover picture of a sound file is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The first sound stream that can be decoded, if any."""
    for stream in container.streams.audio:
        if stream.codec_context is not None:
            return stream
    return None


def decoded_film(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Frames in the order shown; broken ones are left out, and a file cut short ends there."""
    for frame in _decoded(container, stream):
        if isinstance(frame, VideoFrame):
            yield frame


def decoded_sound(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Blocks of samples in order; broken ones are left out, and a file cut short ends there."""
    for frame in _decoded(container, stream):
        if isinstance(frame, AudioFrame):
            yield frame


def _decoded(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[object]:
    context: Any = stream.codec_context
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
