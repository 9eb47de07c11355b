from __future__ import annotations

import csv
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz

from synthetic_head.articulation import eased, phrases, pitch, score
from synthetic_head.phones import BANDS, PHONES
from synthetic_head.speech import schedule
from synthetic_head.voice import RATE, speak, write_speech
from x2face_lab.demo.inputs import SPEECH

Sound = NDArray[np.float32]


def level(sound: Sound) -> float:
    """Root mean square in dB of full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(sound.astype(float) ** 2)) + 1e-9))


def sung(phone: str) -> Sound:
    """The middle of a long phone."""
    sound = speak(schedule((f"pau:50 {phone}:500 pau:50",)))
    return sound[len(sound) // 4 : -len(sound) // 4]


def formants(sound: Sound) -> list[float]:
    """Hz of narrow resonances, by linear prediction."""
    x = np.append(sound[0], sound[1:] - 0.97 * sound[:-1]).astype(float) * np.hamming(len(sound))
    order = 18
    likeness = np.correlate(x, x, "full")[len(x) - 1 : len(x) + order]
    roots = np.roots([1, *-solve_toeplitz(likeness[:-1], likeness[1:])])
    hertz = np.angle(roots) * RATE / (2 * np.pi)
    widths = -np.log(np.abs(roots)) * RATE / np.pi
    return sorted(float(hz) for hz, width in zip(hertz, widths, strict=True) if hz > 150 and width < 500)


@pytest.mark.parametrize("name", ["iy", "eh", "aa", "er"])
def test_a_sustained_vowel_has_the_formants_of_its_table(name: str) -> None:
    found = formants(sung(name))
    for target in PHONES[name].formants:
        assert min(abs(hz - target) for hz in found) < max(60, 0.06 * target), (target, found)


def test_the_pitch_that_is_asked_for_is_heard() -> None:
    sound = sung("aa").astype(float)
    likeness = np.correlate(sound, sound, "full")[len(sound) :]
    period = 1 + 60 + int(np.argmax(likeness[60:260]))
    asked = pitch(schedule(("pau:50 aa:500 pau:50",)))
    assert asked[150:450].min() * 0.97 < RATE / period < asked[150:450].max() * 1.03


def test_hiss_is_high_and_a_vowel_low() -> None:
    def high(sound: Sound) -> float:
        power = np.abs(np.fft.rfft(sound)) ** 2
        return float(power[len(power) // 2 :].sum() / power.sum())  # above 4 kHz

    assert high(sung("s")) > 0.6 and high(sung("aa")) < 0.02


def test_a_closed_mouth_is_quieter_than_an_open_one() -> None:
    open_mouth = level(sung("aa"))
    assert level(sung("m")) < open_mouth - 2 and level(sung("bcl")) < open_mouth - 6
    assert level(sung("pcl")) < -50


def test_a_pause_is_as_quiet_as_a_room_and_not_dead() -> None:
    sound = speak(schedule(("pau:300 aa:200 pau:300",)))
    for quiet in (sound[: int(0.25 * RATE)], sound[int(0.55 * RATE) :]):
        assert -65 < level(quiet) < -50
    assert level(sound[int(0.35 * RATE) : int(0.45 * RATE)]) > -30


def test_a_schedule_lasts_as_long_as_its_phones() -> None:
    segments = schedule(("pau:100 m:80", "aa:120:2"))
    assert segments[-1].end == pytest.approx(0.3) and segments[-1].level == 2
    assert len(speak(segments)) == 0.3 * RATE
    assert list(phrases(segments)) == [(pytest.approx(0.1), pytest.approx(0.3))]


def test_a_score_is_smooth_and_covers_all_bands() -> None:
    plan = score(schedule())
    assert plan.noise.shape[0] == len(BANDS)
    for track in (plan.voice, plan.bar, plan.breath, plan.nasal):
        assert np.abs(np.diff(track)).max() < 0.15 * track.max()
    assert np.abs(np.diff(plan.formants)).max() < 100  # Hz within a millisecond
    assert plan.pitch.min() > 70 and plan.pitch.max() < 160


def test_easing_keeps_what_stands_still() -> None:
    assert eased(np.full(40, 3.0), 11) == pytest.approx(np.full(40, 3.0))
    steps = eased(np.repeat([0.0, 1.0], 30), 10)
    assert len(steps) == 60 and all(a <= b + 1e-12 for a, b in pairwise(steps))


def test_the_same_seed_says_the_same() -> None:
    few = schedule(("pau:50 m:80 aa:100 s:80",))
    assert np.array_equal(speak(few, 3), speak(few, 3))
    assert not np.array_equal(speak(few, 3), speak(few, 4))


def test_the_package_s_speech_is_the_one_that_the_voice_makes(tmp_path: Path) -> None:
    write_speech(tmp_path / "speech.wav")
    made, kept = read(tmp_path / "speech.wav"), read(SPEECH)
    assert len(made) == len(kept)
    far = [abs(level(a) - level(b)) for a, b in zip(blocks(made), blocks(kept), strict=True)]
    assert max(far) < 6  # dB within a fiftieth of it: rng that fall otherwise change single samples


def test_the_package_s_speech_is_short_small_and_not_clipped() -> None:
    sound = read(SPEECH)
    assert 6 <= len(sound) / RATE <= 8 and SPEECH.stat().st_size <= 300_000
    assert 0.3 < np.abs(sound).max() < 0.9
    times = [(one.start, one.end) for one in schedule() if one.phone.pause]
    assert len(times) == 5
    for start, end in times:
        assert level(sound[int((start + 0.06) * RATE) : int((end - 0.06) * RATE)]) < -50


def blocks(sound: Sound) -> list[Sound]:
    """Stretches of 20 ms."""
    return np.array_split(sound, round(50 * len(sound) / RATE))


def read(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


@pytest.mark.shared
@pytest.mark.slow
def test_its_cepstrum_is_where_that_of_real_speakers_is(shared_folder: Path) -> None:
    from python_speech_features import mfcc

    from x2face_core.media.sound import read_sound

    def mean(path: Path) -> Sound:
        cepstra: Sound = mfcc(read_sound(path) * 32768, RATE, nfft=512).mean(axis=0)
        return cepstra

    with (shared_folder / "data" / "clips.csv").open(newline="") as file:
        rows = {row["identity"]: row["clip"] for row in csv.DictReader(file) if row["sound"] == "sync"}
    people = np.stack([mean(shared_folder / "data" / "clips" / clip) for clip in rows.values()])
    ours = mean(SPEECH)
    assert ((ours > people.min(axis=0)) & (ours < people.max(axis=0))).all()
