"""The way from the glottis to the air: resonances that move, in a row; and bands of noise made in the mouth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from synthetic_head.phones import BANDS

Sound = NDArray[np.float64]

WIDTHS = (80.0, 100.0, 160.0, 240.0, 300.0, 360.0, 440.0, 520.0)  # Hz, of the formants from the first on
HIGHER = (3450.0, 4400.0, 5450.0, 6500.0, 7450.0)  # Hz, formants that stay where they are
NOSE = 270.0  # Hz, the nose's own resonance
MURMUR = 470.0  # Hz, where the nose takes sound away in a nasal
NOSE_WIDTH = 100.0
BAND_WIDTH = 0.28  # of a noise band's centre


def resonances(sound: Sound, formants: NDArray[np.float64], broad: Sound, nasal: Sound, rate: int) -> Sound:
    """Send a sound through nose and mouth.

    sound: (n,) at `rate`; formants: (3, m) Hz, broad and nasal: (m,), all of a rate that n/m divides
    """
    for hertz, width in zip(HIGHER, WIDTHS[3:], strict=True):
        a1, a2 = poles(np.array(hertz), np.array(width), rate)
        sound = lfilter([1 + a1 + a2], [1, a1, a2], sound)
    for hertz, width in zip(formants, WIDTHS, strict=False):
        sound = resonator(sound, hertz, width * broad, rate)
    return nose(sound, nasal, rate)


def resonator(sound: Sound, hertz: Sound, width: Sound, rate: int) -> Sound:
    """A resonance that moves: at hertz (m,), width (m,) Hz broad at half power; 0 Hz passes as it is.

    What carries over from step to step is the sound that came out, so that a step itself is not heard.
    """
    step = len(sound) // len(hertz)
    a1, a2 = poles(hertz, width, rate)
    driven = sound * stretched(1 + a1 + a2, step)
    out = np.empty_like(sound)
    y1 = y2 = 0.0
    for k in range(len(hertz)):
        here = slice(k * step, (k + 1) * step)
        state = np.array([-a1[k] * y1 - a2[k] * y2, -a2[k] * y1])
        out[here], _ = lfilter([1.0], [1.0, a1[k], a2[k]], driven[here], zi=state)
        y2, y1 = out[here.stop - 2], out[here.stop - 1]
    return out


def nose(sound: Sound, nasal: Sound, rate: int) -> Sound:
    """The nose's pole, and a zero that cancels it while the nose is shut and moves off with nasal, (m,), 0 to 1."""
    pole1, pole2 = poles(np.array(NOSE), np.array(NOSE_WIDTH), rate)
    zero1, zero2 = poles(NOSE + (MURMUR - NOSE) * nasal, np.full_like(nasal, NOSE_WIDTH), rate)
    gain = (1 + pole1 + pole2) / (1 + zero1 + zero2)
    step = len(sound) // len(nasal)
    before = np.concatenate([np.zeros(2), sound])
    taken = sound + stretched(zero1, step) * before[1:-1] + stretched(zero2, step) * before[:-2]
    out: Sound = lfilter([1.0], [1, pole1, pole2], stretched(gain, step) * taken)
    return out


def poles(hertz: Sound, width: Sound, rate: int) -> tuple[Sound, Sound]:
    """Factors of the last output and of the one before, with the signs that lfilter has; Klatt, JASA 67 (1980)."""
    r = np.exp(-np.pi * width / rate)
    return -2 * r * np.cos(2 * np.pi * hertz / rate), r * r


def stretched(track: Sound, step: int) -> Sound:
    """A track (m,) as (m * step,), in between on straight lines."""
    now = (np.arange(len(track) * step) + 0.5) / step - 0.5
    return np.interp(now, np.arange(len(track)), track)


def mouth_noise(levels: NDArray[np.float64], rate: int, rng: np.random.Generator) -> Sound:
    """(n,) the sum of a noise a band, each as loud as levels (bands, n) say; a band's noise alone has an rms of 1."""
    total = np.zeros(levels.shape[1])
    for centre, level in zip(BANDS, levels, strict=True):
        a1, a2 = poles(np.array(float(centre)), np.array(BAND_WIDTH * centre), rate)
        noise = lfilter([1.0, 0.0, -1.0], [1.0, a1, a2], rng.standard_normal(len(total)))
        total += level * noise / noise.std()
    return total
