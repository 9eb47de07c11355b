"""Reading sound, from sound files and films alike, in the film's own time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from x2face_core.errors import InputError
from x2face_core.media.opening import decoded_sound, film_stream, opened, sound_stream

Samples = NDArray[np.float32]

_DRIFT = 0.04  # seconds between a block's own time and where it would fall; more is a gap or an overlap


def has_sound(path: str | Path) -> bool:
    """Whether a file has sound; False also for what is no media file."""
    try:
        with opened(path) as container:
            return sound_stream(container) is not None
    except InputError:
        return False


def sound_seconds(path: str | Path) -> float | None:
    """How long a file says its sound is, which need not be true; None where it does not say."""
    with opened(path) as container:
        stream = sound_stream(container)
        if stream is not None and stream.duration and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        return container.duration / 1_000_000 if container.duration else None


def read_sound(path: str | Path, rate: int = 16000) -> Samples:
    """(n,) mono in [-1, 1]; sample 0 is at the film's first frame (in a sound file, at the sound's start).

    InputError when the file is missing, broken or has no sound.
    """
    return np.concatenate(list(read_sound_blocks(path, rate)))


def read_sound_blocks(path: str | Path, rate: int = 16000, seconds: float = 1.0) -> Iterator[Samples]:
    """As read_sound, in blocks of `seconds` (the last may be shorter): constant memory."""
    for block in sound_blocks(path, rate, channels=1, size=max(1, round(rate * seconds))):
        yield block[0]


def sound_channels(path: str | Path) -> int:
    """1 or 2: what a file's sound is kept as. InputError when it has none."""
    with opened(path) as container:
        return min(2, max(1, _sound_stream(container, path).codec_context.channels))


def sound_blocks(path: str | Path, rate: int, channels: int, size: int) -> Iterator[Samples]:
    """(channels, size) float32 blocks in the film's time, the last one shorter; silence where the film has none yet."""
    waiting: list[Samples] = []
    count = 0
    for piece in _in_place(path, rate, channels):
        waiting.append(piece)
        count += piece.shape[1]
        if count >= size:
            joined = np.concatenate(waiting, axis=1)
            whole = count // size * size
            yield from np.split(joined[:, :whole], whole // size, axis=1)
            waiting, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(waiting, axis=1)


def _in_place(path: str | Path, rate: int, channels: int) -> Iterator[Samples]:
    """Decoded, resampled pieces, each where its time says: gaps filled with silence, overlaps cut."""
    with opened(path) as container:
        stream = _sound_stream(container, path)
        zero = _film_start(container)
        written, some = 0, False
        for start, piece in _resampled(container, stream, rate, channels):
            some = True
            if start is not None:
                zero = start if zero is None else zero
                late = round((start - zero) * rate) - written
                if written == 0 or abs(late) > _DRIFT * rate:
                    piece = _moved(piece, late)
            written += piece.shape[1]
            yield piece
        if not some:
            raise InputError(f"{path}: not a moment of its sound can be decoded; convert it to .wav or .m4a.")


def _moved(piece: Samples, late: int) -> Samples:
    if late <= 0:
        return piece[:, -late:]
    return np.pad(piece, ((0, 0), (late, 0)))


def _resampled(
    container: InputContainer, stream: AudioStream, rate: int, channels: int
) -> Iterator[tuple[float | None, Samples]]:
    """Pieces with the time at which they start, where the file tells it."""
    layout = "mono" if channels == 1 else "stereo"
    resampler, form = None, None
    for frame in decoded_sound(container, stream):
        if resampler is None or form != _form(frame):
            if resampler is not None:
                yield from _pieces(resampler.resample(None), None)
            resampler, form = AudioResampler("fltp", layout, rate), _form(frame)
        start = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        frame.pts = None
        yield from _pieces(resampler.resample(frame), start)
    if resampler is not None:
        yield from _pieces(resampler.resample(None), None)


def _pieces(frames: list[AudioFrame], start: float | None) -> Iterator[tuple[float | None, Samples]]:
    for frame in frames:
        yield start, frame.to_ndarray().astype(np.float32, copy=False)
        start = None


def _form(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _sound_stream(container: InputContainer, path: str | Path) -> AudioStream:
    stream = sound_stream(container)
    if stream is None:
        raise InputError(f"{path}: has no sound; give a file with sound.")
    return stream


def _film_start(container: InputContainer) -> float | None:
    stream = film_stream(container)
    if stream is None or stream.start_time is None or stream.time_base is None:
        return None
    return float(stream.start_time * stream.time_base)
