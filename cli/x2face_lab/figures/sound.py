"""Waveform and mel spectrogram of a sound, for drawing."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.sound import Samples, read_sound_blocks
from x2face_lab.figures.sheet import FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATE = 16000
HOP, WINDOW = 160, 400  # samples: 10 and 25 ms
BANDS = 64
_FFT = 512
_DEEP = 70.0  # dynamic range in decibels
_KILOHERTZ = (0.5, 1, 2, 4)


def read_start(path: Path, seconds: float) -> Samples:
    """The first seconds of a file's sound, (n,) mono at RATE. InputError if it has none."""
    blocks = islice(read_sound_blocks(path, RATE), int(np.ceil(seconds)))
    return np.concatenate(list(blocks))[: round(seconds * RATE)]


def mel_spectrogram(samples: Samples) -> NDArray[np.float64]:
    """(BANDS, m) in decibels relative to the maximum, one column for each 10 ms."""
    import librosa

    if len(samples) < _FFT:
        samples = np.pad(samples, (0, _FFT - len(samples)))
    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=_FFT, win_length=WINDOW, hop_length=HOP, n_mels=BANDS, fmax=RATE / 2
    )
    return np.asarray(librosa.power_to_db(power, ref=np.max, top_db=_DEEP), np.float64)


def envelope(samples: Samples, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Minimum and maximum (m,) of up to `columns` equal parts of the samples."""
    ends = np.linspace(0, len(samples), min(columns, len(samples)) + 1).round().astype(int)[:-1]
    return np.minimum.reduceat(samples, ends), np.maximum.reduceat(samples, ends)


def draw_waveform(axes: Axes, samples: Samples, columns: int) -> None:
    """Draw the waveform, scaled to its maximum."""
    low, high = envelope(samples, columns)
    seconds = (np.arange(len(low)) + 0.5) * len(samples) / RATE / len(low)
    axes.fill_between(seconds, low, high, color=INK, linewidth=0.4)
    loudest = max(1e-4, float(np.abs(samples).max(initial=0)))
    axes.set_ylim(-1.05 * loudest, 1.05 * loudest)
    axes.set_yticks([])


def draw_spectrogram(axes: Axes, samples: Samples) -> None:
    """Draw the mel spectrogram, dark for loud."""
    from librosa import hz_to_mel

    decibels = mel_spectrogram(samples)
    reach = (-HOP / 2 / RATE, (decibels.shape[1] - 0.5) * HOP / RATE, 0.0, float(hz_to_mel(RATE / 2)))
    axes.imshow(decibels, origin="lower", aspect="auto", cmap="magma", extent=reach, vmin=-_DEEP, vmax=0)
    axes.set_yticks([float(hz_to_mel(1000 * k)) for k in _KILOHERTZ], [f"{k:g}" for k in _KILOHERTZ])


def draw_curve(axes: Axes, seconds: NDArray[np.float64], curve: NDArray[np.float64], chosen: list[int]) -> None:
    """Draw a curve (n,) over seconds (n,), with dots at the chosen indices."""
    axes.plot(seconds, curve, color=INK, linewidth=0.9)
    axes.plot(seconds[chosen], curve[chosen], "o", color="#c0392b", markersize=3.5)
    axes.margins(y=0.15)
    axes.set_yticks([])
    axes.grid(axis="x", color=FAINT, linewidth=0.3)
