"""Choice of the sound track, and mixing of its channels to mono or stereo.

Speech may be in one channel of many, in the second track, or in two channels of opposite phase that cancel one another
when mixed. So the beginning of a file is decoded and analysed before it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from x2face_core.errors import InputError
from x2face_core.files.placing import readable_file
from x2face_core.media.opening import decoded_sound, no_stream, opened, sound_stream, sound_tracks

Samples = NDArray[np.float32]
"""(channels, n) in [-1, 1]."""
Numbers = NDArray[np.float64]

SLOWEST, FASTEST = 2_000, 1_000_000  # samples a second
SILENT = 1e-4  # of full scale: peak below which sound counts as silent
_SOON, _LONG = 5.0, 600.0  # seconds that are analysed if they are not silent, and at most
_CANCELLED = 0.1  # of the power that the mean of uncorrelated channels would have
_SHARES = {"FC": 1.0, "LFE": 0.0, "FL": 0.7, "FR": 0.7, "NONE": 1.0}  # of the others half


@dataclass(frozen=True)
class SoundAnalysis:
    """How the sound of a file is read, as its beginning suggests.

    track: number of the track that is read, from 1; channels: of that track
    mono: (channels,) mixing weights; left_right: (2, channels) mixing weights, None if the channels have no sides
    silent: whether all that was analysed is silent; notes: what was chosen, to show to the user
    """

    track: int
    channels: int
    mono: tuple[float, ...]
    left_right: tuple[tuple[float, ...], ...] | None = None
    silent: bool = False
    notes: tuple[str, ...] = ()

    def mix(self, samples: Samples, channels: int) -> Samples:
        """Mix samples (channels of the track, n) to (channels, n), where channels is 1 or 2."""
        if len(samples) != self.channels:  # the number changes within the file
            return np.repeat(samples.mean(axis=0, keepdims=True), channels, axis=0)
        rows = [self.mono] if channels == 1 else self.left_right or [self.mono, self.mono]
        mixed: Samples = np.array(rows, dtype=np.float32) @ samples
        return mixed.clip(-1, 1)


def analyse_sound(path: str | Path, track: int | None = None) -> SoundAnalysis:
    """Analyse the sound of a file, cached until the file changes. InputError if there is none or it cannot be decoded.

    track: number of the track to read, from 1; None: the file's default, or if that is silent the first that is not
    """
    known = readable_file(path).stat()
    return _cached_analysis(str(path), (known.st_ino, known.st_size, known.st_mtime_ns), track)


@lru_cache(maxsize=64)
def _cached_analysis(path: str, state: tuple[int, ...], track: int | None) -> SoundAnalysis:
    with opened(path) as container:
        tracks = sound_tracks(container, track)
    if not tracks:
        raise no_stream(path, "sound")
    first = _analyse(path, tracks[0])
    if not first.silent:
        return first
    for number in tracks[1:]:
        if not (other := _analyse(path, number)).silent:
            note = f"track {number} of its sound is heard, as track {tracks[0]} is silent"
            return SoundAnalysis(number, other.channels, other.mono, other.left_right, notes=(note, *other.notes))
    return first


def _analyse(path: str, track: int) -> SoundAnalysis:
    names: tuple[str, ...] = ()
    powers, peaks = np.zeros((0, 0)), np.zeros(0)
    for frame, samples in _beginning(path, track):
        if not len(peaks):
            names, peaks = tuple(channel.name for channel in frame.layout.channels), np.zeros(len(samples))
            powers = np.zeros((len(samples), len(samples)))
        if len(samples) != len(peaks):
            break
        peaks = np.maximum(peaks, np.abs(samples).max(axis=1, initial=0))
        powers += samples @ samples.T
        if frame.time is not None and frame.time > _SOON and (peaks > SILENT).all() and not _cancel(powers):
            break
    return _analysis_of(track, names, powers, peaks)


def _beginning(path: str, track: int) -> Iterator[tuple[AudioFrame, Samples]]:
    decoded_seconds = 0.0
    with opened(path) as container:
        stream = sound_stream(container, track)
        if stream is None:
            return
        for frame in decoded_sound(container, stream):
            yield frame, samples_of(frame, path)
            decoded_seconds += frame.samples / frame.sample_rate
            if decoded_seconds > _LONG:
                return


def _cancel(powers: Numbers) -> bool:
    """Whether the channels cancel: the power of their mean is far below that of uncorrelated channels."""
    return bool(powers.sum() < _CANCELLED * np.trace(powers))


def _analysis_of(track: int, names: Sequence[str], powers: Numbers, peaks: Numbers) -> SoundAnalysis:
    count = len(peaks)
    if count < 2:
        return SoundAnalysis(track, count, (1.0,) * count, silent=not (peaks > SILENT).any())
    speaking = peaks > SILENT
    shares = np.array([_SHARES.get(name, 0.5) for name in names]) * (speaking if speaking.any() else 1)
    shares = shares if shares.any() else speaking.astype(float) if speaking.any() else np.ones(count)
    notes: tuple[str, ...] = ()
    if speaking.sum() > 1 and shares @ powers @ shares < _CANCELLED * (shares**2 @ np.diag(powers)):
        loudest = int(np.diag(powers).argmax())
        shares = np.eye(count)[loudest]
        notes = (f"its channels cancel one another; channel {loudest + 1} is heard alone",)
    mono = tuple((shares / shares.sum()).tolist())
    return SoundAnalysis(track, count, mono, _sides(names), not speaking.any(), notes)


def _sides(names: Sequence[str]) -> tuple[tuple[float, ...], ...] | None:
    """(2, channels) weights that mix channels to left and right; two channels are taken as they are."""
    if len(names) == 2:
        return (1.0, 0.0), (0.0, 1.0)
    if "NONE" in names:
        return None
    shares = np.array([_SHARES.get(name, 0.5) for name in names])
    left = shares * np.array(["R" not in name for name in names])
    right = shares * np.array(["L" not in name or name == "LFE" for name in names])
    return tuple((left / max(left.sum(), 1)).tolist()), tuple((right / max(right.sum(), 1)).tolist())


def samples_of(frame: AudioFrame, path: str | Path) -> Samples:
    """Samples of a decoded block, NaN replaced by 0. InputError if its sample rate is implausible."""
    if not SLOWEST <= frame.sample_rate <= FASTEST:
        raise InputError(
            f"{path}: its sound claims {frame.sample_rate:,} samples a second; {SLOWEST:,} to {FASTEST:,} are read."
        )
    stored: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        stored = stored.reshape(-1, len(frame.layout.channels)).T
    if stored.dtype.kind == "f":
        samples = np.nan_to_num(stored, nan=0.0, posinf=0.0, neginf=0.0).clip(-1, 1)
    else:
        middle = 128 if stored.dtype == np.uint8 else 0
        samples = (stored.astype(np.float32) - middle) / float(2 ** (8 * stored.dtype.itemsize - 1))
    return np.ascontiguousarray(samples, dtype=np.float32)
