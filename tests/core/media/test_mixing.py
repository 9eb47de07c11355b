"""What is read of a sound speaks where the file does: channels, tracks, odd samples and rates."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from x2face_core.errors import InputError
from x2face_core.media.mixing import analyse_sound
from x2face_core.media.sound import has_sound, read_sound, sound_blocks, sound_channels, sound_notes

RATE = 48000
Sound = NDArray[np.float64]


def tone(hertz: float = 440, seconds: float = 1.0) -> Sound:
    wave: Sound = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return wave


def wav(path: Path, channels: Sequence[Any], *, rate: int = RATE, width: int = 4) -> Path:
    """A .wav of floating numbers, of any channels and rate."""
    data = np.array(channels, dtype=f"<f{width}")
    count, body = len(data), data.T.tobytes()
    head = struct.pack("<HHIIHH", 3, count, rate, (rate * count * width) % 2**32, count * width, 8 * width)
    chunks = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    return path


def loudness(path: Path, track: int | None = None) -> float:
    """Root mean square; a tone of half the full scale has 0.354."""
    return float(np.sqrt(np.square(read_sound(path, track=track)).mean()))


@pytest.mark.parametrize("count", [1, 2, 3, 6, 8, 9, 60])
@pytest.mark.parametrize("where", [0, -1])
def test_one_channel_that_speaks_is_heard_at_its_loudness(tmp_path: Path, count: int, where: int) -> None:
    channels = np.zeros((count, RATE))
    channels[where] = tone()
    assert loudness(wav(tmp_path / "a.wav", channels)) == pytest.approx(0.354, abs=0.01)


@pytest.mark.parametrize("count", [2, 6, 60])
def test_the_same_in_all_channels_is_as_loud_as_in_one(tmp_path: Path, count: int) -> None:
    assert loudness(wav(tmp_path / "a.wav", [tone()] * count)) == pytest.approx(0.354, abs=0.01)


def test_channels_that_cancel_one_another_are_heard_alone(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [tone(), -0.9 * tone()])
    assert loudness(path) == pytest.approx(0.354, abs=0.01)
    assert sound_notes(path) == ["its channels cancel one another; channel 1 is heard alone"]


def test_a_channel_that_speaks_later_is_heard(tmp_path: Path) -> None:
    late = np.concatenate([np.zeros(8 * RATE), tone()])
    path = wav(tmp_path / "a.wav", [np.concatenate([tone(), np.zeros(8 * RATE)]), late])
    sound = read_sound(path)
    assert float(np.abs(sound[8 * 16000 + 4000 :]).max()) == pytest.approx(0.25, abs=0.01)


def test_two_channels_stay_left_and_right(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [tone(440), np.zeros(RATE)])
    assert sound_channels(path) == 2
    left, right = np.concatenate(list(sound_blocks(path, RATE, 2, 4800)), axis=1)
    assert float(np.abs(left).max()) == pytest.approx(0.5, abs=0.01)
    assert float(np.abs(right).max()) == 0
    assert sound_channels(wav(tmp_path / "b.wav", [tone()] * 9)) == 1


@pytest.mark.parametrize("width", [4, 8])
def test_what_is_no_number_is_silence(tmp_path: Path, width: int) -> None:
    sound = tone()
    sound[1000:1100], sound[2000:2100], sound[3000:3100] = np.nan, np.inf, -np.inf
    read = read_sound(wav(tmp_path / "a.wav", [sound], width=width), RATE)
    assert np.isfinite(read).all()
    assert np.abs(read).max() <= 1
    assert np.sqrt(np.square(read).mean()) == pytest.approx(0.354, abs=0.01)
    assert not read[1010:1090].any()


@pytest.mark.parametrize("rate", [1, 100, 2_000_001, 4_000_000_000])
def test_a_rate_that_no_sound_has_is_an_input_error(tmp_path: Path, rate: int) -> None:
    with pytest.raises(InputError, match=r"a\.wav"):
        read_sound(wav(tmp_path / "a.wav", [tone()], rate=rate))


@pytest.mark.parametrize("rate", [4000, 11025, 192_000])
def test_unusual_rates_are_read(tmp_path: Path, rate: int) -> None:
    assert len(read_sound(wav(tmp_path / "a.wav", [tone()], rate=rate))) == pytest.approx(RATE / rate * 16000, rel=0.01)


@pytest.mark.parametrize("content", [0.0, 1e-6])
def test_silence_is_told(tmp_path: Path, content: float) -> None:
    path = wav(tmp_path / "a.wav", [np.full(RATE, content)] * 2)
    assert analyse_sound(path).silent
    assert not read_sound(path)[100:-100].max() > 1e-4
    assert not analyse_sound(wav(tmp_path / "b.wav", [tone()])).silent


def tracks(path: Path, sounds: Sequence[Sound]) -> Path:
    """A file with several tracks of sound."""
    with av.open(str(path), "w") as out:
        streams: list[Any] = [out.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in sounds]
        for start in range(0, RATE, 960):
            for stream, sound in zip(streams, sounds, strict=True):
                part = (32767 * sound[None, start : start + 960]).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
                out.mux(stream.encode(frame))
        for stream in streams:
            out.mux(stream.encode(None))
    return path


def test_the_track_that_speaks_is_heard_and_named(tmp_path: Path) -> None:
    path = tracks(tmp_path / "a.mka", [np.zeros(RATE), np.zeros(RATE), tone()])
    assert loudness(path) == pytest.approx(0.354, abs=0.01)
    assert sound_notes(path) == ["track 3 of its sound is heard, as track 1 is silent"]


def test_a_track_can_be_chosen(tmp_path: Path) -> None:
    path = tracks(tmp_path / "a.mka", [tone(), 0.5 * tone()])
    assert [loudness(path, number) for number in (None, 1, 2)] == pytest.approx([0.354, 0.354, 0.177], abs=0.01)
    assert sound_notes(path) == []
    assert has_sound(path, 2) and not has_sound(path, 3)
    with pytest.raises(InputError, match="has 2 tracks of sound"):
        read_sound(path, track=3)


def test_of_surround_the_middle_counts_most(tmp_path: Path) -> None:
    sounds = np.stack([tone(200), tone(300), tone(440), tone(50), tone(600), tone(700)])  # FL FR FC LFE BL BR
    with av.open(str(tmp_path / "a.flac"), "w") as out:
        stream: Any = out.add_stream("flac", rate=RATE, layout="5.1")
        part = (32767 * sounds.T.reshape(1, -1)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="s16", layout="5.1")
        frame.sample_rate, frame.pts = RATE, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    analysis = analyse_sound(tmp_path / "a.flac")
    assert analysis.mono == pytest.approx(np.array([0.7, 0.7, 1, 0, 0.5, 0.5]) / 3.4)
    assert sound_channels(tmp_path / "a.flac") == 2
