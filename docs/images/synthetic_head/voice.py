"""A small voice of our own: it says a schedule of phones by formant synthesis, after Klatt, JASA 67 (1980).

Folds and breath (glottis) sound through moving resonances (tract), noises are made in the mouth, all as a score
(articulation) says, which follows from the phones and their lengths (phones, speech).
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from synthetic_head.articulation import TICKS, Score, score
from synthetic_head.glottis import pulses, tilted
from synthetic_head.speech import Segment, schedule
from synthetic_head.tract import mouth_noise, resonances, stretched

RATE = 16000
LOUD = 0.09  # rms of a stressed vowel; full scale is 1
ROOM = 10 ** (-58 / 20)  # rms of the room's noise, so that a pause is as a microphone hears it
BAR = 300.0  # Hz that pass closed lips


def speak(segments: Sequence[Segment], seed: int = 0) -> NDArray[np.float32]:
    """(n,) mono in [-1, 1] at RATE; the same for the same seed."""
    rng = np.random.default_rng(seed)
    plan = score(segments)
    sound = LOUD * (voiced(plan, rng) + mouth_noise(finely(plan.noise), RATE, rng))
    return (sound + ROOM * room(len(sound), rng)).clip(-1, 1).astype(np.float32)


def voiced(plan: Score, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n,) what folds and breath make of the score."""
    pulse, opening = pulses(finely(plan.pitch), RATE, rng)
    rushing = np.where(finely(plan.voice) > 0.05, 0.3 + 0.7 * opening, 1.0)  # the folds cut the breath into puffs
    breath = tilted(rng.standard_normal(len(pulse)), RATE) * rushing
    excitation = finely(plan.voice) * pulse + finely(plan.breath) * breath
    spoken = resonances(excitation, plan.formants, plan.broad, plan.nasal, RATE)
    bar = sosfilt(butter(2, BAR, fs=RATE, output="sos"), finely(plan.bar) * pulse)
    both: NDArray[np.float64] = spoken + bar
    return both


def finely(track: NDArray[np.float64]) -> NDArray[np.float64]:
    """A track (…, m) at TICKS a second as (…, n) at RATE."""
    return np.apply_along_axis(stretched, -1, track, RATE // TICKS)


def room(samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n,) soft noise, more of it at low frequencies, with an rms of 1."""
    noise = sosfilt(butter(1, 800, fs=RATE, output="sos"), rng.standard_normal(samples))
    even: NDArray[np.float64] = noise / noise.std()
    return even


def write_speech(path: Path, seed: int = 0) -> None:
    """Write what the demo says as a .wav: 16 bits, mono."""
    samples = np.round(speak(schedule(), seed) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
