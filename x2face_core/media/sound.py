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
from x2face_core.media.clocks import Clock
from x2face_core.media.opening import decoded_sound, no_stream, opened, sound_stream
from x2face_core.media.probing import probe_file

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
    """How long a file's sound lasts by the times of its packets; None where they have none."""
    return probe_file(path).sound_seconds


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
    clock, written, some = Clock(probe_file(path).sound), 0, False
    with opened(path) as container:
        stream = _sound_stream(container, path)
        for raw, piece in _resampled(container, stream, rate, channels):
            some = True
            start = None if raw is None else clock.place(raw)
            late = 0 if start is None else round(start * rate) - written
            if written == 0 or abs(late) > _DRIFT * rate:
                yield from _silence(late, rate, channels)
                piece = piece[:, max(0, -late) :]
                written += max(0, late)
            written += piece.shape[1]
            yield piece
        if not some:
            raise InputError(f"{path}: not a moment of its sound can be decoded; convert it to .wav or .m4a.")


def _silence(count: int, rate: int, channels: int) -> Iterator[Samples]:
    """So many samples, at most a second at once."""
    for start in range(0, count, rate):
        yield np.zeros((channels, min(rate, count - start)), dtype=np.float32)


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
        raise no_stream(path, "sound")
    return stream
