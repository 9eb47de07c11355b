"""Reading sound from sound files and films, aligned with the film's first frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from x2face_core.errors import InputError
from x2face_core.media.clocks import Clock
from x2face_core.media.mixing import Samples, SoundAnalysis, analyse_sound, samples_of
from x2face_core.media.opening import decoded_sound, no_stream, opened, sound_stream
from x2face_core.media.probing import probe_file

__all__ = [
    "Samples",
    "has_sound",
    "read_sound",
    "read_sound_blocks",
    "sound_blocks",
    "sound_channels",
    "sound_notes",
    "sound_seconds",
]

_DRIFT = 0.04  # seconds between a block's timestamp and the end of the previous block; more is a gap or an overlap


def has_sound(path: str | Path, track: int | None = None) -> bool:
    """Whether a file has sound, or that track; False also for a file that is not media."""
    try:
        with opened(path) as container:
            return sound_stream(container, track) is not None
    except InputError:
        return False


def sound_seconds(path: str | Path, track: int | None = None) -> float | None:
    """Length of a file's sound from the timestamps of its packets; None if they have none."""
    return probe_file(path, sound_track=analyse_sound(path, track).track).sound_seconds


def sound_notes(path: str | Path, track: int | None = None) -> list[str]:
    """Notes for the user: irregular timestamps, and which track and channels were chosen."""
    analysis = analyse_sound(path, track)
    return [*probe_file(path, sound_track=analysis.track).notes, *analysis.notes]


def read_sound(path: str | Path, rate: int = 16000, track: int | None = None) -> Samples:
    """(n,) mono float32 in [-1, 1]; sample 0 is at the film's first frame (in a sound file, at its start).

    rate: samples a second
    track: number from 1; None: the file's default, or if that is silent one that is not
    InputError if the file is missing, broken or has no sound.
    """
    return np.concatenate(list(read_sound_blocks(path, rate, track=track)))


def read_sound_blocks(
    path: str | Path, rate: int = 16000, seconds: float = 1.0, track: int | None = None
) -> Iterator[Samples]:
    """As read_sound, in blocks of `seconds` (the last may be shorter), in constant memory."""
    for block in sound_blocks(path, rate, channels=1, size=max(1, round(rate * seconds)), track=track):
        yield block[0]


def sound_channels(path: str | Path, track: int | None = None) -> int:
    """Channels of the written sound, 1 or 2. InputError if the file has no sound."""
    return 1 if analyse_sound(path, track).left_right is None else 2


def sound_blocks(path: str | Path, rate: int, channels: int, size: int, track: int | None = None) -> Iterator[Samples]:
    """(channels, size) float32 blocks from the film's first frame on, the last one shorter; gaps are silent."""
    waiting: list[Samples] = []
    count = 0
    for piece in _in_place(path, rate, channels, analyse_sound(path, track)):
        waiting.append(piece)
        count += piece.shape[1]
        if count >= size:
            joined = np.concatenate(waiting, axis=1)
            whole = count // size * size
            yield from np.split(joined[:, :whole], whole // size, axis=1)
            waiting, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(waiting, axis=1)


def _in_place(path: str | Path, rate: int, channels: int, analysis: SoundAnalysis) -> Iterator[Samples]:
    """Resampled pieces, placed by their timestamps: gaps are filled with silence, overlaps cut."""
    clock, written, some = Clock(probe_file(path, sound_track=analysis.track).sound), 0, False
    for raw, piece in _resampled(_mixed(path, channels, analysis), rate, channels):
        some = True
        start = None if raw is None else clock.to_timeline(raw)
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
    """`count` zero samples, in pieces of at most one second."""
    for start in range(0, count, rate):
        yield np.zeros((channels, min(rate, count - start)), dtype=np.float32)


def _mixed(path: str | Path, channels: int, analysis: SoundAnalysis) -> Iterator[tuple[float | None, int, Samples]]:
    """Decoded pieces: timestamp if there is one, sample rate, and samples mixed to mono or stereo."""
    with opened(path) as container:
        stream = sound_stream(container, analysis.track)
        if stream is None:
            raise no_stream(path, "sound")
        for frame in decoded_sound(container, stream):
            start = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
            yield start, frame.sample_rate, analysis.mix(samples_of(frame, path), channels)


def _resampled(
    pieces: Iterator[tuple[float | None, int, Samples]], rate: int, channels: int
) -> Iterator[tuple[float | None, Samples]]:
    """The pieces resampled to `rate`, with their timestamps."""
    layout = "mono" if channels == 1 else "stereo"
    resampler, before = None, 0
    for start, own, samples in pieces:
        if resampler is None or own != before:
            if resampler is not None:
                yield from _out(resampler.resample(None), None)
            resampler, before = AudioResampler("fltp", layout, rate), own
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate = own
        yield from _out(resampler.resample(frame), start)
    if resampler is not None:
        yield from _out(resampler.resample(None), None)


def _out(frames: list[AudioFrame], start: float | None) -> Iterator[tuple[float | None, Samples]]:
    for frame in frames:
        yield start, frame.to_ndarray().astype(np.float32, copy=False)
        start = None
