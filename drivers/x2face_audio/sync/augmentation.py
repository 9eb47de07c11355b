"""Other voices, rooms, microphones and files than those a clip was recorded with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from x2face_audio.sync.degrading import (
    Codec,
    by_telephone,
    coloured_noise,
    in_band,
    in_room,
    stretched,
    through_codec,
    voices,
    with_noise,
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
    """How a clip's sound was changed, in this order; nothing by default.

    pitch: by which all frequencies are multiplied; speed: by which it is played faster, whatever its pitch
    tilt: of the spectrum, from -1, deep, to 1
    room: seconds in which echoes fall by 60 dB, and decibels by which the voice is above them
    noise: decibels below the sound; red: of the noise, 0 white to 1; talk: the noise is other people talking
    band: Hz from and to; telephone: through one; codec: and its bits a second; loud: gain as a logarithm, then clipped
    """

    pitch: float = 1.0
    speed: float = 1.0
    tilt: float = 0.0
    room: tuple[float, float] | None = None
    noise: float | None = None
    red: float = 0.0
    talk: bool = False
    band: tuple[float, float] | None = None
    telephone: bool = False
    codec: tuple[Codec, int] | None = None
    loud: float = 0.0

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> AudioAugmentation:
        """About a fifth of them without a room, a fifth without noise; half of them with the whole band."""
        codec, rates = _CODECS[rng.integers(len(_CODECS))]
        pitch, speed = np.exp(rng.uniform(-0.18, 0.18, 2))
        return cls(
            pitch=float(pitch),
            speed=float(pitch if rng.random() < 0.4 else speed),
            tilt=rng.uniform(-0.5, 0.5),
            room=_maybe(rng, 0.6, (float(np.exp(rng.uniform(-2, 0.1))), rng.uniform(-4, 14))),
            noise=_maybe(rng, 0.8, rng.uniform(0, 30)),
            red=rng.uniform(0, 0.97),
            talk=bool(rng.random() < 0.35),
            band=_maybe(rng, 0.4, (rng.uniform(60, 400), rng.uniform(2500, 7500))),
            telephone=bool(rng.random() < 0.1),
            codec=_maybe(rng, 0.2, (codec, int(rng.choice(rates)))),
            loud=rng.normal() * 0.9,
        )

    def of(self, samples: Samples, rng: np.random.Generator) -> Samples:
        """(m,) samples at 16 kHz to (m / speed,)."""
        sound = self._spoken(samples)
        if self.room is not None:
            sound = in_room(sound, rng, *self.room)
        if self.noise is not None:
            sound = with_noise(sound, self._noise(sound, rng), self.noise)
        return self._recorded(sound)

    def _spoken(self, samples: Samples) -> Samples:
        from scipy.signal import lfilter

        count = round(len(samples) / self.pitch)
        sound = np.interp(np.arange(count) * self.pitch, np.arange(len(samples)), samples)
        if self.speed != self.pitch:
            sound = stretched(np.asarray(sound, np.float32), self.speed / self.pitch)
        return np.asarray(lfilter([1.0, self.tilt], [1.0], sound), np.float32)

    def _noise(self, sound: Samples, rng: np.random.Generator) -> NDArray[np.float64]:
        return voices(sound, rng) if self.talk else coloured_noise(len(sound), rng, self.red)

    def _recorded(self, sound: Samples) -> Samples:
        if self.band is not None:
            sound = in_band(sound, *self.band)
        if self.telephone:
            sound = by_telephone(sound)
        if self.codec is not None:
            sound = through_codec(sound, *self.codec)
        return np.asarray((sound * np.exp(self.loud)).clip(-1, 1), np.float32)


def _maybe(rng: np.random.Generator, share: float, value: T) -> T | None:
    return value if rng.random() < share else None
