"""Reading sound, from sound files and films alike, in the film's own time."""

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

_DRIFT = 0.04  # seconds between a block's own time and where it would fall; more is a gap or an overlap


def has_sound(path: str | Path, track: int | None = None) -> bool:
    """Whether a file has sound, or that track of it; False also for what is no media file."""
    try:
        with opened(path) as container:
            return sound_stream(container, track) is not None
    except InputError:
        return False


def sound_seconds(path: str | Path, track: int | None = None) -> float | None:
    """How long a file's sound lasts by the times of its packets; None where they have none."""
    return probe_file(path, sound_track=analyse_sound(path, track).track).sound_seconds


def sound_notes(path: str | Path, track: int | None = None) -> list[str]:
    """What is odd about a file's sound and what was chosen of it, for the user."""
    analysis = analyse_sound(path, track)
    return [*probe_file(path, sound_track=analysis.track).notes, *analysis.notes]


def read_sound(path: str | Path, rate: int = 16000, track: int | None = None) -> Samples:
    """(n,) mono in [-1, 1]; sample 0 is at the film's first frame (in a sound file, at the sound's start).

    track: which one, from 1; None: the file's default, or where that is silent one that is not
    InputError when the file is missing, broken or has no sound.
    """
    return np.concatenate(list(read_sound_blocks(path, rate, track=track)))


def read_sound_blocks(
    path: str | Path, rate: int = 16000, seconds: float = 1.0, track: int | None = None
) -> Iterator[Samples]:
    """As read_sound, in blocks of `seconds` (the last may be shorter): constant memory."""
    for block in sound_blocks(path, rate, channels=1, size=max(1, round(rate * seconds)), track=track):
        yield block[0]


def sound_channels(path: str | Path, track: int | None = None) -> int:
    """1 or 2: what a file's sound is kept as. InputError when it has none."""
    return 1 if analyse_sound(path, track).left_right is None else 2


def sound_blocks(path: str | Path, rate: int, channels: int, size: int, track: int | None = None) -> Iterator[Samples]:
    """(channels, size) float32 blocks in the film's time, the last one shorter; silence where the film has none yet."""
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
    """Decoded, resampled pieces, each where its time says: gaps filled with silence, overlaps cut."""
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
    """So many samples, at most a second at once."""
    for start in range(0, count, rate):
        yield np.zeros((channels, min(rate, count - start)), dtype=np.float32)


def _mixed(path: str | Path, channels: int, analysis: SoundAnalysis) -> Iterator[tuple[float | None, int, Samples]]:
    """Decoded pieces: when each starts, where the file tells it, its rate, and its samples as mono or stereo."""
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
    """Pieces at a rate, with the time at which they start."""
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
