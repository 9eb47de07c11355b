"""What happens to speech between a mouth and a file: rooms, noise, narrow bands, telephones, codecs.

All take and give samples (m,) at 16 kHz in [-1, 1]; what is heard stays at its moment and none is added or lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
from av import AudioCodecContext, CodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet
from numpy.typing import NDArray

from x2face_audio.sync.sounds import RATE, Samples

Codec = Literal["mp3", "aac", "opus"]
_ENCODERS = {"mp3": "libmp3lame", "aac": "aac", "opus": "libopus"}
_LATEST = RATE // 5
"""Samples by which a codec may be late."""


def in_room(samples: Samples, rng: np.random.Generator, seconds: float, direct: float) -> Samples:
    """The sound and its echoes: noise that falls by 60 dB within some seconds.

    direct: decibels by which the sound itself is louder than all its echoes together
    """
    from scipy.signal import fftconvolve

    time = np.arange(1, round(seconds * RATE)) / RATE
    echoes = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    echoes *= 10 ** (-direct / 20) / np.sqrt(np.square(echoes).sum())
    return _like(samples, fftconvolve(samples, np.concatenate([[1.0], echoes]))[: len(samples)])


def coloured_noise(count: int, rng: np.random.Generator, red: float) -> NDArray[np.float64]:
    """(count,) noise; red: 0 as loud at all frequencies, towards 1 ever deeper."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -red], rng.standard_normal(count)))


def voices(samples: Samples, rng: np.random.Generator, count: int = 4) -> NDArray[np.float64]:
    """(m,) other people talking: the sound itself backwards, several times, each from another moment and faster."""
    backwards = np.asarray(samples[::-1], np.float64)
    talk = np.zeros(len(samples))
    for _ in range(count):
        start, speed = rng.integers(len(samples)), rng.uniform(0.8, 1.3)
        at = (start + np.arange(len(samples)) * speed) % (len(samples) - 1)
        talk += np.interp(at, np.arange(len(samples)), backwards)
    return talk


def with_noise(samples: Samples, noise: NDArray[np.float64], decibels: float) -> Samples:
    """The sum of both, the noise that many decibels below the sound."""
    level = samples.std() / (noise.std() + 1e-9) * 10 ** (-decibels / 20)
    return np.asarray(samples + noise * level, np.float32)


def in_band(samples: Samples, low: float, high: float) -> Samples:
    """Only what is between two frequencies in Hz."""
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(4, (low, high), "bandpass", fs=RATE, output="sos"), samples), np.float32)


def by_telephone(samples: Samples) -> Samples:
    """300 to 3,400 Hz, 8,000 samples a second of eight bits by the mu-law (ITU-T G.711)."""
    from scipy.signal import resample_poly

    narrow = np.clip(resample_poly(in_band(samples, 300, 3400), 1, 2), -1, 1)
    steps = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    heard = np.sign(steps) * (256 ** np.abs(steps) - 1) / 255
    return np.asarray(_of_length(resample_poly(heard, 2, 1), len(samples)), np.float32)


def through_codec(samples: Samples, codec: Codec, bit_rate: int) -> Samples:
    """Encoded at so many bits a second and decoded, what the codec delays taken back."""
    encoder = CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.bit_rate = RATE, "mono", bit_rate
    encoder.format = "s16" if codec == "opus" else "fltp"
    packets = list(_encoded(encoder, np.pad(samples, (0, 2 * _LATEST))))
    decoder = CodecContext.create("libopus" if codec == "opus" else codec, "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate, decoder.layout, decoder.extradata = RATE, "mono", encoder.extradata
    return _in_time(samples, _decoded(decoder, packets))


def stretched(samples: Samples, speed: float) -> Samples:
    """(m / speed,) the same voice talking faster or slower, its pitch kept.

    Pieces are laid over one another where they fit best (WSOLA: Verhelst and Roelands, 1993).
    """
    hop, reach = 256, 160
    count = round(len(samples) / speed)
    padded = np.pad(np.asarray(samples, np.float64), (reach, 4 * hop + 2 * reach))
    bell, made = np.hanning(2 * hop + 1)[:-1], np.zeros(count + 2 * hop)
    follows = padded[reach : reach + 2 * hop]
    for place in range(0, count, hop):
        around = min(round(place * speed), len(samples))
        start = around + _likest(padded[around : around + 2 * hop + 2 * reach], follows)
        made[place : place + 2 * hop] += bell * padded[start : start + 2 * hop]
        follows = padded[start + hop : start + 3 * hop]
    return np.asarray(made[:count], np.float32)


def _likest(nearby: NDArray[np.float64], piece: NDArray[np.float64]) -> int:
    """Where in what is nearby the squared differences from a piece are least; rather in its middle than at its ends."""
    energy = np.concatenate([[0.0], np.square(nearby).cumsum()])
    loud = energy[len(piece) :] - energy[: -len(piece)]
    far = np.square(np.linspace(-1, 1, len(loud))) * (0.1 * np.square(piece).sum() + 1e-9)
    return int((np.correlate(nearby, piece, "valid") - (loud + far) / 2).argmax())


def _encoded(encoder: AudioCodecContext, samples: Samples) -> Iterator[Packet[AudioStream]]:
    size = encoder.frame_size or 1024
    packed = encoder.format.name == "s16"
    whole = np.pad(samples, (0, -len(samples) % size)).clip(-1, 1)
    for first in range(0, len(whole), size):
        piece = whole[None, first : first + size]
        made = (piece * 32767).astype(np.int16) if packed else np.ascontiguousarray(piece, np.float32)
        frame = AudioFrame.from_ndarray(made, format=encoder.format.name, layout="mono")
        frame.sample_rate, frame.pts = RATE, first
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def _decoded(decoder: AudioCodecContext, packets: Iterable[Packet[AudioStream]]) -> Samples:
    resampler = AudioResampler("flt", "mono", RATE)
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    heard = [piece.to_ndarray()[0] for frame in [*frames, None] for piece in resampler.resample(frame)]
    return np.concatenate(heard) if heard else np.zeros(0, np.float32)


def _in_time(samples: Samples, late: Samples) -> Samples:
    """The late sound from where it is most like the first."""
    from scipy.signal import correlate

    count = len(samples)
    heard = np.pad(late, (0, max(0, count + _LATEST - len(late))))
    likeness = correlate(heard[: count + _LATEST], samples, "valid", "fft")
    start = int(likeness.argmax())
    return np.asarray(heard[start : start + count], np.float32)


def _of_length(values: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    return np.pad(values, (0, max(0, count - len(values))))[:count]


def _like(samples: Samples, changed: NDArray[np.floating]) -> Samples:
    """As loud as it was."""
    return np.asarray(changed * (samples.std() / (changed.std() + 1e-9)), np.float32)
