"""Clocks that start anew, stop or jump: what is read is as long as what is there, with picture and sound together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from x2face_core.media.clips import open_clip
from x2face_core.media.clocks import Clock, Segment, Timestamps, align_sound, join_segments, usual_rate
from x2face_core.media.scan import scan_film
from x2face_core.media.sound import read_sound, sound_seconds
from x2face_core.media.video import probe, read_frames

Maker = Callable[..., Path]
HOUR = 3600.0
FPS, RATE = 25, 48000
FLASH = 220


def record(
    path: Path,
    film: Sequence[tuple[float, int]],
    sound: Sequence[tuple[float, float]] = (),
    *,
    flash: float | None = None,
    codecs: tuple[str, str] = ("mpeg4", "pcm_s16le"),
) -> Path:
    """A recording in pieces.

    film: clock and number of the frames of each piece; sound: clock and seconds of each piece of sound
    flash: seconds after each piece's start of a bright frame and a click
    """
    with av.open(str(path), "w") as out:
        pictures: Any = out.add_stream(codecs[0], rate=FPS) if film else None
        voice: Any = out.add_stream(codecs[1], rate=RATE, layout="mono") if sound else None
        if film:
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        coming = [*((start, True, size) for start, size in film), *((start, False, size) for start, size in sound)]
        for start, seen, size in sorted(coming):
            stream = pictures if seen else voice
            frames = _frames(start, int(size), flash) if seen else _sounds(start, size, flash)
            for frame in frames:
                out.mux(stream.encode(frame))
        for stream in filter(None, (pictures, voice)):
            out.mux(stream.encode(None))
    return path


def _frames(start: float, count: int, flash: float | None) -> list[Any]:
    frames = []
    for k in range(count):
        lit = flash is not None and k == round(flash * FPS)
        grey = np.full((48, 64, 3), FLASH if lit else 40, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(grey).reformat(format="yuv420p")
        frame.pts, frame.time_base = round(start * FPS) + k, Fraction(1, FPS)
        frames.append(frame)
    return frames


def _sounds(start: float, seconds: float, flash: float | None) -> list[Any]:
    samples = np.zeros(round(seconds * RATE), dtype=np.int16)
    if flash is not None:
        samples[round(flash * RATE) :][:480] = 20000
    frames = []
    for first in range(0, len(samples), 960):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + 960], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, round(start * RATE) + first, Fraction(1, RATE)
        frames.append(frame)
    return frames


def flashes(path: Path) -> list[float]:
    """Seconds at which the picture is bright."""
    bright = [k / probe(path).fps for k, frame in enumerate(read_frames(path)) if frame.mean() > 130]
    return bright


def clicks(path: Path) -> list[float]:
    """Seconds at which a click begins."""
    loud = np.flatnonzero(np.abs(read_sound(path, 16000)) > 0.3) / 16000
    return [float(time) for time, before in zip(loud, [-1.0, *loud[:-1]], strict=True) if time - before > 0.1]


def together(path: Path, expected: Sequence[float]) -> None:
    """Flashes and clicks come at the expected times."""
    assert flashes(path) == pytest.approx(expected, abs=0.041)
    assert clicks(path) == pytest.approx(expected, abs=0.041)


def lasting(path: Path, seconds: float) -> None:
    """The film lasts so long by all that tell it, and what is read is as long."""
    info = probe(path)
    assert info.fps == FPS
    assert info.seconds == pytest.approx(seconds, abs=0.05)
    assert len(list(read_frames(path))) == pytest.approx(seconds * FPS, abs=1)
    assert info.frames == pytest.approx(seconds * FPS, abs=1)
    assert info.declared_frames == pytest.approx(seconds * FPS, abs=1)


def speaking(path: Path, seconds: float) -> None:
    assert len(read_sound(path, 16000)) / 16000 == pytest.approx(seconds, abs=0.07)
    assert sound_seconds(path) == pytest.approx(seconds, abs=0.07)


@pytest.mark.parametrize("name", ["a.ts", "a.vob", "a.mpg"])
@pytest.mark.parametrize("copies", [2, 3])
def test_files_joined_end_to_end_keep_their_length(tmp_path: Path, name: str, copies: int) -> None:
    codecs = ("mpeg2video", "mp2")
    one = record(tmp_path / name, [(0, 50)], [(0, 2)], flash=1.2, codecs=codecs)
    path = tmp_path / f"joined{name[1:]}"
    path.write_bytes(one.read_bytes() * copies)
    lasting(path, 2 * copies)
    speaking(path, 2 * copies)
    together(path, [1.2 + 2 * k for k in range(copies)])
    assert any("starts anew" in note for note in probe(path).notes)


def test_joined_films_without_sound_keep_their_length(tmp_path: Path) -> None:
    one = record(tmp_path / "a.ts", [(0, 50)], codecs=("libx264", ""))
    (tmp_path / "b.ts").write_bytes(one.read_bytes() * 2)
    lasting(tmp_path / "b.ts", 4)


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.mov", "a.ts", "a.nut"])
@pytest.mark.parametrize("pause", [1.6, 30, 5 * HOUR])
def test_a_recording_that_pauses_lasts_as_long_as_it_recorded(tmp_path: Path, name: str, pause: float) -> None:
    codecs = {"a.ts": ("mpeg2video", "mp2"), "a.mp4": ("mpeg4", "aac"), "a.mov": ("mpeg4", "aac")}.get(
        name, ("mpeg4", "pcm_s16le")
    )
    again = 2 + pause
    path = record(tmp_path / name, [(0, 50), (again, 50)], [(0, 2), (again, 2)], flash=1, codecs=codecs)
    lasting(path, 4)
    speaking(path, 4)
    together(path, [1, 3])
    assert any("left out" in note for note in probe(path).notes)


def test_a_picture_that_jumps_by_hours_beside_its_sound_goes_on(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 50), (10 * HOUR, 50)], [(0, 4)])
    lasting(path, 4)
    speaking(path, 4)


def test_a_sound_that_pauses_for_hours_is_closed_up(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 100)], [(0, 2), (30 * HOUR, 2)], flash=1)
    lasting(path, 4)
    speaking(path, 4)
    alone = record(tmp_path / "a.mka", [], [(0, 2), (30 * HOUR, 2)], flash=1)
    speaking(alone, 4)
    assert clicks(alone) == pytest.approx([1, 3], abs=0.03)


def test_a_gap_in_the_sound_within_the_film_stays_where_it_is(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 200)], [(0, 1), (6, 2)], flash=0.5)
    lasting(path, 8)
    speaking(path, 8)
    assert clicks(path) == pytest.approx([0.5, 6.5], abs=0.03)


def test_a_picture_that_stands_still_while_the_sound_goes_on_is_held(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 50), (7, 50)], [(0, 9)])
    lasting(path, 9)
    speaking(path, 9)
    assert any("stands still for 5.0 s" in note for note in probe(path).notes)


def test_a_gap_of_less_than_a_second_is_kept(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 50), (2.8, 50)])
    lasting(path, 4.8)
    assert probe(path).notes == ()


def test_a_single_frame_with_a_broken_time_is_shown_in_its_turn() -> None:
    times = [k / 25 for k in range(50)]
    times[20] = 5 * HOUR
    timestamps = Timestamps.of([(time, 0.04) for time in times], 1.0)
    assert timestamps.rate() == pytest.approx(25)
    (segment,) = timestamps.segments()
    assert (segment.low, segment.high) == (0, pytest.approx(49 / 25))
    assert Clock([segment]).to_timeline(5 * HOUR) is None


@pytest.mark.parametrize("copies", [2, 5])
def test_chained_ogg_is_read_to_its_end(tmp_path: Path, copies: int) -> None:
    one = record(tmp_path / "a.ogg", [], [(0, 2)], flash=0.7, codecs=("", "flac"))
    (tmp_path / "b.ogg").write_bytes(one.read_bytes() * copies)
    speaking(tmp_path / "b.ogg", 2 * copies)
    assert clicks(tmp_path / "b.ogg") == pytest.approx([0.7 + 2 * k for k in range(copies)], abs=0.03)


def test_a_film_with_a_longer_sound_promises_its_own_frames(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 50)], [(0, 7.36)])
    lasting(path, 2)
    speaking(path, 7.36)


@pytest.mark.parametrize("suffix", ["mkv", "ts", "mov"])
def test_a_film_that_begins_late_promises_what_it_holds(tmp_path: Path, suffix: str) -> None:
    info = probe(record(tmp_path / f"late.{suffix}", [(9 * HOUR, 50)]))
    assert info.frames == pytest.approx(50, abs=1)
    assert info.declared_frames == pytest.approx(50, abs=2)


def test_a_film_cut_short_promises_what_it_held(tmp_path: Path, make_film: Maker) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (100, 48, 64, 3), dtype=np.uint8)
    content = make_film("a.avi", list(noise)).read_bytes()
    (tmp_path / "b.avi").write_bytes(content[: len(content) // 2])
    info = probe(tmp_path / "b.avi")
    assert info.declared_frames == pytest.approx(100, abs=2)
    assert info.frames is not None and info.frames < 70


@pytest.mark.parametrize(
    ("steps", "rate"),
    [
        ([0.04] * 50 + [30.0] + [0.04] * 50, 25),
        ([0.033, 0.033, 0.034] * 20, 30),
        ([0.016, 0.017, 0.017] * 20, 60),
        ([0.05005, 0.0333667] * 20, 23.976),
        ([1 / 30] * 60 + [2 / 30] * 30, 30),
        ([0.0] * 9 + [1e-6] * 9 + [0.04] * 5, 25),
        ([5.0, 7.0, 12.0], 1),
    ],
)
def test_the_rate_is_the_median_of_plausible_differences(steps: list[float], rate: float) -> None:
    assert usual_rate(np.array(steps)) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("steps", [[], [0.0], [1e-9, 1e-9]])
def test_without_a_plausible_difference_there_is_no_rate(steps: list[float]) -> None:
    assert usual_rate(np.array(steps)) is None


def test_frames_out_of_order_are_no_new_start() -> None:
    order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
    for fps in (2, 5, 25, 60):
        timestamps = Timestamps.of([(k / fps, 1 / fps) for k in order], 1.0)
        assert timestamps.rate() == pytest.approx(fps)
        assert len(timestamps.segments()) == 1


def test_stretches_follow_one_another_by_a_frame() -> None:
    film = join_segments([Segment(1.4, 3.36, lasts=0.04), Segment(1.4, 3.36, lasts=0.04)], [], 0.04)
    assert [segment.low + segment.shift for segment in film] == pytest.approx([1.4, 3.4])
    sound = align_sound([Segment(1.38, 3.4, lasts=0.02)] * 2, film)
    assert [segment.shift for segment in sound] == [segment.shift for segment in film]


def test_sound_with_a_clock_of_its_own_begins_with_the_film() -> None:
    film = join_segments([Segment(1000, 1010)], [], 0.04)
    (sound,) = align_sound([Segment(0, 10)], film)
    assert sound.low + sound.shift == 1000


def test_a_clock_places_what_it_knows_in_turn() -> None:
    clock = Clock([Segment(0, 2, 0, 0.04), Segment(0, 2, 2.04, 0.04), Segment(9, 10, -4.9, 0.04)])
    assert [clock.to_timeline(time) for time in (0, 1, 2, 0, 1, 500, 9.5)] == [
        0,
        1,
        2,
        2.04,
        3.04,
        None,
        pytest.approx(4.6),
    ]


@pytest.mark.parametrize(
    ("suffix", "durations", "seconds"), [(".gif", [100, 60000, 100], 1.2), (".png", [100, 10**7, 100], 1.2)]
)
def test_animated_pictures_hold_one_frame_for_a_second_at_most(
    tmp_path: Path, greys: Any, suffix: str, durations: list[int], seconds: float
) -> None:
    first, *others = [Image.fromarray(picture) for picture in greys(30)[::10]]
    first.save(tmp_path / f"a{suffix}", save_all=True, append_images=others, duration=durations)
    info = probe(tmp_path / f"a{suffix}")
    assert (info.fps, info.seconds) == (10, pytest.approx(seconds))
    assert len(list(read_frames(tmp_path / f"a{suffix}"))) == round(10 * seconds)


def test_a_scan_of_a_jumping_film_is_as_long_as_the_film(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mkv", [(0, 50), (10 * HOUR, 50)])
    assert scan_film(path, crop="none").present.shape == (100,)
    clip = open_clip(str(path), "film", "none", 1.6)
    assert (clip.declared_frames, len(clip.notes)) == (100, 1)
