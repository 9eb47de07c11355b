"""The voice's source: pulses of the vocal folds and the noise of breath between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

Sound = NDArray[np.float64]

FINER = 4  # pulses are made at so many times the rate, so that they may begin between two samples
OPEN = 0.68  # share of a cycle in which the folds are apart
JITTER = 0.006  # share by which a cycle's length strays
SHIMMER = 0.03  # share by which its strength strays
FLUTTER = ((12.7, 0.0), (7.1, 1.0), (4.7, 2.0))  # Hz and phases of the slow waver; Klatt and Klatt, JASA 87 (1990)
WAVER = 0.006  # share of the pitch
TILT = 2200.0  # Hz above which folds that close softly lose 6 dB an octave more


def pulses(pitch: Sound, rate: int, rng: np.random.Generator) -> tuple[Sound, Sound]:
    """The derivative of the flow through the folds, and whether they are open, 1, or shut, 0.

    pitch: (n,) Hz at each sample; both answers are (n,), the first with a root mean square near 1 while it sounds
    """
    fine = np.repeat(pitch, FINER)
    now = np.arange(len(fine)) / (rate * FINER)
    waver = sum(np.sin(2 * np.pi * hz * now + phase) for hz, phase in FLUTTER)
    cycles = np.cumsum(fine * (1 + WAVER * waver / len(FLUTTER)) / (rate * FINER))
    cycles = strayed(cycles, rng)
    number = cycles.astype(int)
    strength = 1 + SHIMMER * rng.standard_normal(number[-1] + 1)[number]
    wave = resample_poly(strength * flow_derivative(cycles - number), 1, FINER)
    opening = ((cycles - number)[::FINER] < OPEN).astype(float)
    return tilted(wave, rate), opening


def strayed(cycles: Sound, rng: np.random.Generator) -> Sound:
    """Count of cycles, whose ends come a little too early or too late."""
    ends = np.arange(int(cycles[-1]) + 3, dtype=float)
    early = JITTER * rng.standard_normal(len(ends)).clip(-2.5, 2.5)
    counted: Sound = np.maximum(np.interp(cycles, ends + early, ends), 0.0)
    return counted


def flow_derivative(phase: Sound) -> Sound:
    """Of Rosenberg's pulse (JASA 49, 1971): flow a t^2 - b t^3 while open, shut at once, none until the next cycle."""
    t = phase / OPEN
    wave: Sound = np.where(t < 1, 2 * t - 3 * t * t, 0.0) * 2.2
    return wave


def tilted(wave: Sound, rate: int) -> Sound:
    """Softened above TILT."""
    keep = np.exp(-2 * np.pi * TILT / rate)
    soft: Sound = lfilter([1 - keep], [1, -keep], wave)
    return soft
