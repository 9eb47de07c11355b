"""Degradations of speech for augmentation: reverberation, noise, band limits, telephony, codecs.

All map samples (m,) at 16 kHz in [-1, 1] to as many samples, without delay, so that they stay in sync with the film.
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
"""Largest delay of a codec in samples."""


def reverberate(samples: Samples, rng: np.random.Generator, seconds: float, direct: float) -> Samples:
    """Convolve with a synthetic impulse response: the direct sound, then noise that decays exponentially.

    seconds: reverberation time, in which the echoes fall by 60 dB
    direct: level of the direct sound above that of all echoes, in dB
    """
    from scipy.signal import fftconvolve

    time = np.arange(1, round(seconds * RATE)) / RATE
    echoes = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    echoes *= 10 ** (-direct / 20) / np.sqrt(np.square(echoes).sum())
    return _at_level_of(samples, fftconvolve(samples, np.concatenate([[1.0], echoes]))[: len(samples)])


def coloured_noise(count: int, rng: np.random.Generator, coefficient: float) -> NDArray[np.float64]:
    """(count,) first-order autoregressive noise: white for a coefficient of 0, with more low frequencies towards 1."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -coefficient], rng.standard_normal(count)))


def babble_noise(samples: Samples, rng: np.random.Generator, count: int = 4) -> NDArray[np.float64]:
    """(m,) babble noise: the sum of `count` reversed copies of the sound, each shifted and resampled at random."""
    backwards = np.asarray(samples[::-1], np.float64)
    summed = np.zeros(len(samples))
    for _ in range(count):
        start, speed = rng.integers(len(samples)), rng.uniform(0.8, 1.3)
        at = (start + np.arange(len(samples)) * speed) % (len(samples) - 1)
        summed += np.interp(at, np.arange(len(samples)), backwards)
    return summed


def add_noise(samples: Samples, noise: NDArray[np.float64], decibels: float) -> Samples:
    """Add noise at a signal-to-noise ratio in dB."""
    level = samples.std() / (noise.std() + 1e-9) * 10 ** (-decibels / 20)
    return np.asarray(samples + noise * level, np.float32)


def band_pass(samples: Samples, low: float, high: float) -> Samples:
    """Band-pass filter (Butterworth, fourth order) between two frequencies in Hz."""
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(4, (low, high), "bandpass", fs=RATE, output="sos"), samples), np.float32)


def through_telephone(samples: Samples) -> Samples:
    """Telephone quality: 300 to 3,400 Hz at 8 kHz, quantised to 8 bits by the mu-law (ITU-T G.711)."""
    from scipy.signal import resample_poly

    narrow = np.clip(resample_poly(band_pass(samples, 300, 3400), 1, 2), -1, 1)
    steps = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    expanded = np.sign(steps) * (256 ** np.abs(steps) - 1) / 255
    return np.asarray(_of_length(resample_poly(expanded, 2, 1), len(samples)), np.float32)


def through_codec(samples: Samples, codec: Codec, bit_rate: int) -> Samples:
    """Encode and decode, with the codec's delay removed. bit_rate: bits a second"""
    encoder = CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.bit_rate = RATE, "mono", bit_rate
    encoder.format = "s16" if codec == "opus" else "fltp"
    packets = list(_encoded(encoder, np.pad(samples, (0, 2 * _LATEST))))
    decoder = CodecContext.create("libopus" if codec == "opus" else codec, "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate, decoder.layout, decoder.extradata = RATE, "mono", encoder.extradata
    return _aligned(samples, _decoded(decoder, packets))


def time_stretch(samples: Samples, speed: float) -> Samples:
    """Change the speed, (m / speed,) samples, without changing the pitch.

    WSOLA: segments are overlapped where their cross-correlation is largest (Verhelst and Roelands, 1993).
    """
    hop, reach = 256, 160
    count = round(len(samples) / speed)
    padded = np.pad(np.asarray(samples, np.float64), (reach, 4 * hop + 2 * reach))
    bell, made = np.hanning(2 * hop + 1)[:-1], np.zeros(count + 2 * hop)
    follows = padded[reach : reach + 2 * hop]
    for place in range(0, count, hop):
        around = min(round(place * speed), len(samples))
        start = around + _best_offset(padded[around : around + 2 * hop + 2 * reach], follows)
        made[place : place + 2 * hop] += bell * padded[start : start + 2 * hop]
        follows = padded[start + hop : start + 3 * hop]
    return np.asarray(made[:count], np.float32)


def _best_offset(nearby: NDArray[np.float64], piece: NDArray[np.float64]) -> int:
    """Offset in `nearby` with the least squared difference from a piece, with a small penalty off the centre."""
    energy = np.concatenate([[0.0], np.square(nearby).cumsum()])
    energies = energy[len(piece) :] - energy[: -len(piece)]
    far = np.square(np.linspace(-1, 1, len(energies))) * (0.1 * np.square(piece).sum() + 1e-9)
    return int((np.correlate(nearby, piece, "valid") - (energies + far) / 2).argmax())


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
    pieces = [piece.to_ndarray()[0] for frame in [*frames, None] for piece in resampler.resample(frame)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _aligned(samples: Samples, late: Samples) -> Samples:
    """The delayed sound, cut at the offset of largest cross-correlation with the original."""
    from scipy.signal import correlate

    count = len(samples)
    padded = np.pad(late, (0, max(0, count + _LATEST - len(late))))
    likeness = correlate(padded[: count + _LATEST], samples, "valid", "fft")
    start = int(likeness.argmax())
    return np.asarray(padded[start : start + count], np.float32)


def _of_length(values: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    return np.pad(values, (0, max(0, count - len(values))))[:count]


def _at_level_of(samples: Samples, changed: NDArray[np.floating]) -> Samples:
    """Scale the changed sound to the standard deviation of the original."""
    return np.asarray(changed * (samples.std() / (changed.std() + 1e-9)), np.float32)
