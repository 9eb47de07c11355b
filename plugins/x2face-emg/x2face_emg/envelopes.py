"""From raw signals to muscle activity at each frame of a film, relative to rest."""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import butter, sosfiltfilt

from x2face_emg.recording import Floats, Recording
from x2face_emg.settings import CHANNELS

HIGH_PASS = 20.0  # Hz: removes motion artefacts of skin and cables
LOW_PASS = 6.0  # Hz: facial motion is hardly faster
RAW = 200.0  # samples a second, below which a recording is taken for an envelope, not a raw signal
QUIET = 1.0  # seconds of rest


def envelopes(recording: Recording, moments: Floats) -> Floats:
    """(len(moments), len(CHANNELS)): the rectified and smoothed signal of each muscle at given times in seconds.

    0 for muscles that were not recorded; constant beyond the ends of the recording.
    """
    rate, seconds = recording.rate, recording.seconds
    even = seconds[0] + np.arange(math.floor((seconds[-1] - seconds[0]) * rate + 1e-6) + 1) / rate
    found = np.zeros((len(moments), len(CHANNELS)))
    for name, signal in recording.signals.items():
        smooth = envelope(np.interp(even, seconds, signal), rate)
        found[:, CHANNELS.index(name)] = np.interp(moments, even, smooth)
    return found


def envelope(signal: Floats, rate: float) -> Floats:
    """(n,), non-negative: the zero-phase envelope of a signal.

    rate: samples a second; below RAW the signal is an envelope already
    """
    if rate >= RAW:
        signal = _filtered(signal - signal.mean(), HIGH_PASS, rate, "highpass")
    strength = np.abs(signal)
    return np.clip(_filtered(strength, LOW_PASS, rate, "lowpass"), 0, None)


def _filtered(signal: Floats, hertz: float, rate: float, kind: str) -> Floats:
    """Zero-phase filtering; the signal itself if the rate is too low for the cut-off."""
    if hertz >= 0.45 * rate:
        return signal
    sections = butter(2, hertz, kind, fs=rate, output="sos")
    return np.asarray(sosfiltfilt(sections, signal, padlen=min(len(signal) - 1, round(rate / hertz))), np.float64)


def resting(values: Floats, fps: float) -> Floats:
    """(k,): mean envelopes in the quietest second, or in the quietest half of a recording under two seconds.

    values: (n, k) envelopes; each muscle is normalised by its standard deviation
    """
    rows = max(1, min(round(QUIET * fps), len(values) // 2))
    deviation = values.std(axis=0)
    together = (values / np.where(deviation > 0, deviation, np.inf)).sum(axis=1)
    sums = np.convolve(together, np.ones(rows), mode="valid")
    start = int(sums.argmin())
    return np.asarray(values[start : start + rows].mean(axis=0))


def activity(recording: Recording, moments: Floats, fps: float) -> Floats:
    """(n, len(CHANNELS)): envelopes at given times, `fps` a second, minus those at rest."""
    values = envelopes(recording, moments)
    return values - resting(values, fps)
