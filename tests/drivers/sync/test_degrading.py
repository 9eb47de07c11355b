"""Speech heard in rooms, over telephones and through codecs is still heard when it was spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from x2face_audio.sync.augmentation import AudioAugmentation
from x2face_audio.sync.degrading import (
    add_noise,
    babble_noise,
    band_pass,
    coloured_noise,
    reverberate,
    through_codec,
    through_telephone,
    time_stretch,
)
from x2face_audio.sync.sounds import RATE, Samples

from ...speaking import hum

SPEECH = hum(np.random.default_rng(0).uniform(0, 1, 40) ** 2).astype(np.float32)
DRAWN = np.random.default_rng(1)


def tone(frequency: float, seconds: float = 0.5) -> Samples:
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def loudness(samples: Samples) -> np.ndarray:
    """A row every 10 ms."""
    return np.sqrt(np.square(samples[: len(samples) // 160 * 160].reshape(-1, 160)).mean(1))


def decibels(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(np.square(a).sum() / np.square(b).sum()))


@pytest.mark.parametrize(
    "degraded",
    [
        lambda s: reverberate(s, np.random.default_rng(0), 0.3, 5),
        lambda s: add_noise(s, coloured_noise(len(s), np.random.default_rng(0), 0.9), 10),
        lambda s: add_noise(s, babble_noise(s, np.random.default_rng(0)), 10),
        lambda s: band_pass(s, 100, 4000),
        through_telephone,
        lambda s: through_codec(s, "mp3", 24000),
        lambda s: through_codec(s, "aac", 24000),
        lambda s: through_codec(s, "opus", 14000),
        lambda s: time_stretch(s, 1.0),
    ],
)
def test_what_is_heard_stays_at_its_moment(degraded: Callable[[Samples], Samples]) -> None:
    found = degraded(SPEECH)
    assert found.shape == SPEECH.shape and found.dtype == np.float32
    then, now = (loudness(sound) - loudness(sound).mean() for sound in (SPEECH, found))
    likeness = np.correlate(now, then, "full")
    assert abs(int(likeness.argmax()) - (len(then) - 1)) <= 1
    assert likeness.max() / np.linalg.norm(then) / np.linalg.norm(now) > 0.7


def test_echoes_fall_by_sixty_decibels_in_the_room_s_time() -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 1
    result = reverberate(impulse, np.random.default_rng(0), seconds=0.5, direct=6)
    assert decibels(result[:1], result[1:]) == pytest.approx(6, abs=0.1)
    assert decibels(result[1:801], result[4000:4800]) == pytest.approx(30, abs=1.5)
    assert np.square(result).sum() == pytest.approx(1, rel=0.01)


def test_noise_is_as_many_decibels_below_the_sound() -> None:
    noise = coloured_noise(len(SPEECH), np.random.default_rng(0), 0.5)
    assert decibels(SPEECH, add_noise(SPEECH, noise, 12) - SPEECH) == pytest.approx(12, abs=0.2)


def test_red_noise_is_deeper_than_white() -> None:
    white, red = (np.abs(np.fft.rfft(coloured_noise(RATE, np.random.default_rng(0), share))) for share in (0, 0.95))
    assert decibels(red[:500], red[4000:4500]) > 20 > abs(decibels(white[:500], white[4000:4500]))


@pytest.mark.parametrize(
    ("narrow", "high"),
    [(lambda s: band_pass(s, 300, 3400), 6000), (through_telephone, 4500)],
    ids=["band", "telephone"],
)
def test_what_is_outside_the_band_is_gone(narrow: Callable[[Samples], Samples], high: int) -> None:
    deep, middle, sharp = (decibels(narrow(tone(f)), tone(f)) for f in (80, 1000, high))
    assert abs(middle) < 1 and deep < -20 and sharp < -18


def test_a_telephone_has_eight_bits() -> None:
    difference = through_telephone(tone(1000))[2000:6000] - band_pass(tone(1000), 300, 3400)[2000:6000]
    assert 20 < decibels(tone(1000)[2000:6000], difference) < 45


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_stretched_tone_keeps_its_pitch(speed: float) -> None:
    found = time_stretch(tone(250, 2), speed)
    assert len(found) == round(2 * RATE / speed)
    spectrum = np.abs(np.fft.rfft(found))
    assert spectrum.argmax() * RATE / len(found) == pytest.approx(250, abs=2)
    assert np.square(spectrum).max() > 0.9 * np.square(spectrum).sum()


def test_nothing_is_changed_by_default() -> None:
    assert np.allclose(AudioAugmentation().of(SPEECH, DRAWN), SPEECH, atol=1e-6)


def test_pitch_and_speed_are_apart() -> None:
    higher, faster = (one.of(tone(250, 2), DRAWN) for one in (AudioAugmentation(1.2), AudioAugmentation(1.0, 1.2)))
    assert len(higher) == 2 * RATE and len(faster) == round(2 * RATE / 1.2)
    result = [np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound) for sound in (higher, faster)]
    assert result == [pytest.approx(300, abs=2), pytest.approx(250, abs=2)]


def test_what_is_drawn_is_drawn_again_and_differs() -> None:
    drawn = [AudioAugmentation.drawn(np.random.default_rng(k)) for k in range(60)]
    assert drawn[:5] == [AudioAugmentation.drawn(np.random.default_rng(k)) for k in range(5)]
    for name in ("reverberation", "noise", "band", "codec"):
        assert 0.1 < np.mean([getattr(one, name) is not None for one in drawn]) < 0.95
    kinds = {one.codec[0] for one in drawn if one.codec}
    assert kinds == {"mp3", "aac", "opus"}
    for one in drawn[:8]:
        sound = one.of(SPEECH, np.random.default_rng(0))
        assert len(sound) == pytest.approx(len(SPEECH) / one.speed, abs=2)
        assert np.isfinite(sound).all() and np.abs(sound).max() <= 1


def test_silence_stays_silent() -> None:
    everything = AudioAugmentation.drawn(np.random.default_rng(0))
    everything = replace(everything, reverberation=(0.3, 0.0), noise=3.0, codec=("mp3", 24000), telephone=True)
    assert np.abs(everything.of(np.zeros(8000, np.float32), DRAWN)).max() < 1e-3
