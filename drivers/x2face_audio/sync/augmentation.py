"""Audio augmentation: random changes of voice, room, microphone and encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from x2face_audio.sync.degrading import (
    Codec,
    add_noise,
    babble_noise,
    band_pass,
    coloured_noise,
    reverberate,
    through_codec,
    through_telephone,
    time_stretch,
)
from x2face_audio.sync.sounds import Samples

T = TypeVar("T")
_CODECS: tuple[tuple[Codec, tuple[int, ...]], ...] = (
    ("mp3", (16000, 24000, 40000)),
    ("aac", (16000, 24000, 40000)),
    ("opus", (8000, 14000, 24000)),
)


@dataclass(frozen=True)
class AudioAugmentation:
    """Random changes of a clip's sound, applied in this order; the defaults change nothing.

    pitch: factor of all frequencies; speed: factor of the playback speed, independent of pitch
    tilt: coefficient of the spectral tilt, from -1 (low frequencies emphasised) to 1
    reverberation: arguments `seconds` and `direct` of `reverberate`, or None
    noise: signal-to-noise ratio in dB, or None
    noise_colour: coefficient of coloured_noise; babble: use babble noise instead
    band: limits of a band-pass filter in Hz; telephone: telephone quality; codec: name and bits a second
    gain: natural logarithm of the final gain, after which samples are clipped
    """

    pitch: float = 1.0
    speed: float = 1.0
    tilt: float = 0.0
    reverberation: tuple[float, float] | None = None
    noise: float | None = None
    noise_colour: float = 0.0
    babble: bool = False
    band: tuple[float, float] | None = None
    telephone: bool = False
    codec: tuple[Codec, int] | None = None
    gain: float = 0.0

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> AudioAugmentation:
        """Draw at random; the probability of each change is in the code."""
        codec, rates = _CODECS[rng.integers(len(_CODECS))]
        pitch, speed = np.exp(rng.uniform(-0.18, 0.18, 2))
        return cls(
            pitch=float(pitch),
            speed=float(pitch if rng.random() < 0.4 else speed),
            tilt=rng.uniform(-0.5, 0.5),
            reverberation=_with_probability(rng, 0.6, (float(np.exp(rng.uniform(-2, 0.1))), rng.uniform(-4, 14))),
            noise=_with_probability(rng, 0.8, rng.uniform(0, 30)),
            noise_colour=rng.uniform(0, 0.97),
            babble=bool(rng.random() < 0.35),
            band=_with_probability(rng, 0.4, (rng.uniform(60, 400), rng.uniform(2500, 7500))),
            telephone=bool(rng.random() < 0.1),
            codec=_with_probability(rng, 0.2, (codec, int(rng.choice(rates)))),
            gain=rng.normal() * 0.9,
        )

    def of(self, samples: Samples, rng: np.random.Generator) -> Samples:
        """(m,) samples at 16 kHz to (m / speed,)."""
        sound = self._changed_voice(samples)
        if self.reverberation is not None:
            sound = reverberate(sound, rng, *self.reverberation)
        if self.noise is not None:
            sound = add_noise(sound, self._noise(sound, rng), self.noise)
        return self._changed_recording(sound)

    def _changed_voice(self, samples: Samples) -> Samples:
        from scipy.signal import lfilter

        count = round(len(samples) / self.pitch)
        sound = np.interp(np.arange(count) * self.pitch, np.arange(len(samples)), samples)
        if self.speed != self.pitch:
            sound = time_stretch(np.asarray(sound, np.float32), self.speed / self.pitch)
        return np.asarray(lfilter([1.0, self.tilt], [1.0], sound), np.float32)

    def _noise(self, sound: Samples, rng: np.random.Generator) -> NDArray[np.float64]:
        return babble_noise(sound, rng) if self.babble else coloured_noise(len(sound), rng, self.noise_colour)

    def _changed_recording(self, sound: Samples) -> Samples:
        if self.band is not None:
            sound = band_pass(sound, *self.band)
        if self.telephone:
            sound = through_telephone(sound)
        if self.codec is not None:
            sound = through_codec(sound, *self.codec)
        return np.asarray((sound * np.exp(self.gain)).clip(-1, 1), np.float32)


def _with_probability(rng: np.random.Generator, probability: float, value: T) -> T | None:
    return value if rng.random() < probability else None
