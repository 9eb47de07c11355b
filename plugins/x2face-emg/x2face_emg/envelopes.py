"""From signals to activity: how much each muscle does at each frame of a film, above what it does at rest."""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import butter, sosfiltfilt

from x2face_emg.recording import Floats, Recording
from x2face_emg.settings import CHANNELS

HIGH_PASS = 20.0  # Hz: below it the skin and the cables move, not the muscles
LOW_PASS = 6.0  # Hz: faces hardly move faster
RAW = 200.0  # samples a second, below which a device cannot have meant the signal itself, but how strong it is
QUIET = 1.0  # seconds of rest


def envelopes(recording: Recording, moments: Floats) -> Floats:
    """(len(moments), len(CHANNELS)): each muscle's rectified and smoothed signal at some seconds; 0 where it was not
    recorded. Beyond the recording its ends are held.
    """
    rate, seconds = recording.rate, recording.seconds
    even = seconds[0] + np.arange(math.floor((seconds[-1] - seconds[0]) * rate + 1e-6) + 1) / rate
    found = np.zeros((len(moments), len(CHANNELS)))
    for name, signal in recording.signals.items():
        smooth = envelope(np.interp(even, seconds, signal), rate)
        found[:, CHANNELS.index(name)] = np.interp(moments, even, smooth)
    return found


def envelope(signal: Floats, rate: float) -> Floats:
    """(n,), never negative: how strong a signal is around each sample, neither early nor late.

    rate: samples a second; below RAW the signal is taken for an envelope already
    """
    if rate >= RAW:
        signal = _filtered(signal - signal.mean(), HIGH_PASS, rate, "highpass")
    strength = np.abs(signal)
    return np.clip(_filtered(strength, LOW_PASS, rate, "lowpass"), 0, None)


def _filtered(signal: Floats, hertz: float, rate: float, kind: str) -> Floats:
    """Filtered forwards and backwards; as it is where the rate is too low for that."""
    if hertz >= 0.45 * rate:
        return signal
    sections = butter(2, hertz, kind, fs=rate, output="sos")
    return np.asarray(sosfiltfilt(sections, signal, padlen=min(len(signal) - 1, round(rate / hertz))), np.float64)


def resting(values: Floats, fps: float) -> Floats:
    """(k,): what all muscles together do in the quietest second, or in the quietest half of what is shorter than two.

    values: (n, k) envelopes; each muscle counts by how much it strays
    """
    rows = max(1, min(round(QUIET * fps), len(values) // 2))
    deviation = values.std(axis=0)
    together = (values / np.where(deviation > 0, deviation, np.inf)).sum(axis=1)
    sums = np.convolve(together, np.ones(rows), mode="valid")
    start = int(sums.argmin())
    return np.asarray(values[start : start + rows].mean(axis=0))


def activity(recording: Recording, moments: Floats, fps: float) -> Floats:
    """(n, len(CHANNELS)): envelopes at some seconds, `fps` of them a second, above their own rest."""
    values = envelopes(recording, moments)
    return values - resting(values, fps)
