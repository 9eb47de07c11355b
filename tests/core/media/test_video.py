from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import InputError
from x2face_core.media.video import is_film, probe, read_frames
from x2face_core.media.writing import write_film

Maker = Callable[..., Path]


def _levels(path: Path, **settings: Any) -> list[int]:
    """The greys of a film of greys(): 0, 1, 2, … as they were made."""
    return [round((float(frame.mean()) - 40) / 4) for frame in read_frames(path, **settings)]


def test_a_film_is_probed_and_read_frame_by_frame(make_film: Maker) -> None:
    path = make_film()
    film = probe(path)
    assert (film.width, film.height, film.fps, film.frames, film.sound) == (64, 48, 25.0, 25, False)
    assert film.seconds == pytest.approx(1.0, abs=0.01)
    assert _levels(path) == list(range(25))


@pytest.mark.parametrize("name", ["a.webm", "a.mkv", "a.mov", "a.avi"])
def test_other_containers_read_alike(make_film: Maker, name: str) -> None:
    path = make_film(name)
    assert probe(path).fps == 25
    assert probe(path).frames == pytest.approx(25, abs=1)
    assert np.abs(np.array(_levels(path)) - np.arange(25)).max() <= 1


@pytest.mark.parametrize("turned", [0, 90, 180, -90])
@pytest.mark.parametrize("mirrored", [False, True])
def test_films_turned_by_metadata_read_upright(make_film: Maker, turned: int, mirrored: bool) -> None:
    stored = np.full((48, 64, 3), 30, dtype=np.uint8)
    stored[:16, :16] = 220
    path = make_film(pictures=[stored] * 3, turned=turned, mirrored=mirrored)
    expected = np.rot90(stored, turned // 90)
    expected = expected[:, ::-1] if mirrored else expected
    frame = next(read_frames(path))
    assert (probe(path).width, probe(path).height) == expected.shape[1::-1]
    assert frame.shape == expected.shape
    assert np.abs(frame.astype(int) - expected).mean() < 8


def test_a_variable_rate_is_resampled_by_the_frames_own_times(make_film: Maker, greys: Any) -> None:
    path = make_film(pictures=greys(4), times=[0.0, 0.2, 0.3, 0.7])
    assert _levels(path, fps=10)[:7] == [0, 0, 1, 2, 2, 2, 2]
    assert _levels(path, fps=10)[7] == 3


def test_a_jittering_clock_loses_and_doubles_no_frame(make_film: Maker, greys: Any) -> None:
    jitter = np.random.default_rng(0).uniform(-0.012, 0.012, 30)
    jitter[0] = 0
    path = make_film(pictures=greys(30), times=[k / 30 + j for k, j in enumerate(jitter)], fps=30)
    assert _levels(path, fps=30)[:30] == list(range(30))


def test_halving_the_rate_takes_every_second_frame(make_film: Maker, greys: Any) -> None:
    assert _levels(make_film(pictures=greys(20)), fps=12.5) == list(range(0, 20, 2))


def test_a_rate_near_a_common_one_is_that_one(make_film: Maker, greys: Any) -> None:
    assert probe(make_film(pictures=greys(30), fps=29.9)).fps == pytest.approx(30000 / 1001)


def test_wide_stored_pixels_are_made_square(make_film: Maker) -> None:
    path = make_film(aspect=Fraction(2, 1))
    assert (probe(path).width, probe(path).height) == (128, 48)
    assert next(read_frames(path)).shape == (48, 128, 3)


def test_frames_are_reduced_while_decoding(make_film: Maker) -> None:
    assert next(read_frames(make_film(), longest=32)).shape == (24, 32, 3)
    assert next(read_frames(make_film(), longest=999)).shape == (48, 64, 3)


def test_colours_survive_within_the_codec_s_error(make_film: Maker) -> None:
    red = np.zeros((48, 64, 3), dtype=np.uint8)
    red[..., 0] = 200
    frame = next(read_frames(make_film(pictures=[red] * 3)))
    assert np.abs(frame.astype(int) - red).max() <= 6


def test_a_gif_is_read_by_its_frames_own_durations(tmp_path: Path, greys: Any) -> None:
    first, *others = [Image.fromarray(picture) for picture in greys(3)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=others, duration=[100, 300, 100])
    assert is_film(tmp_path / "a.gif")
    film = probe(tmp_path / "a.gif")
    assert (film.width, film.height, film.seconds) == (64, 48, pytest.approx(0.5))
    assert _levels(tmp_path / "a.gif", fps=10) == [0, 1, 1, 1, 2]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animated_pictures_are_films_and_still_ones_are_not(tmp_path: Path, greys: Any, suffix: str) -> None:
    first, *others = [Image.fromarray(picture) for picture in greys(30)[::10]]
    first.save(tmp_path / f"still{suffix}")
    first.save(tmp_path / f"moving{suffix}", save_all=True, append_images=others, duration=100)
    assert not is_film(tmp_path / f"still{suffix}")
    assert is_film(tmp_path / f"moving{suffix}")
    assert len(list(read_frames(tmp_path / f"moving{suffix}"))) == 3


def test_films_are_told_by_content(make_film: Maker, tmp_path: Path) -> None:
    make_film().rename(tmp_path / "film.jpg")
    assert is_film(tmp_path / "film.jpg")
    (tmp_path / "text.jpg").write_text("hello\n" * 50)
    assert not is_film(tmp_path / "text.jpg")
    (tmp_path / "broken.mp4").write_text("hello\n" * 50)
    assert is_film(tmp_path / "broken.mp4")
    with pytest.raises(InputError, match="no such file"):
        is_film(tmp_path / "none.mp4")


def test_a_cut_mp4_without_its_index_is_an_input_error(make_film: Maker, tmp_path: Path) -> None:
    content = make_film().read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"cut\.mp4"):
        probe(tmp_path / "cut.mp4")
    with pytest.raises(InputError, match=r"cut\.mp4"):
        next(read_frames(tmp_path / "cut.mp4"))


def test_a_cut_film_with_its_index_in_front_yields_what_is_there(make_film: Maker, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 48, 64, 3), dtype=np.uint8)
    content = make_film("film.mkv", list(noise)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) // 2])
    assert 20 <= len(list(read_frames(tmp_path / "cut.mkv"))) <= 40


def test_a_cut_mp4_that_starts_with_its_index_yields_what_is_there(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 48, 64, 3), dtype=np.uint8)
    write_film(tmp_path / "whole.mp4", noise, 25)
    content = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    assert 20 <= len(list(read_frames(tmp_path / "cut.mp4"))) <= 40


@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.gif", "a.m3u8"])
@pytest.mark.parametrize("content", [b"", b"hello, I am a text\n" * 9, b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nb.ts\n"])
def test_what_is_no_film_is_an_input_error_of_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    for look in (probe, lambda path: next(read_frames(path))):
        with pytest.raises(InputError) as caught:
            look(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_sound_file_is_said_to_have_no_picture(make_wav: Callable[..., Path], clicks: Any) -> None:
    path = make_wav(clicks(0.5, [0.1]))
    with pytest.raises(InputError, match="sound only"):
        probe(path)
    with pytest.raises(InputError, match="sound only"):
        next(read_frames(path))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_reading_holds_a_few_frames_at_a_time(make_film: Maker, grey: Any) -> None:
    path = make_film(pictures=[grey(40 + k % 2, 480, 640) for k in range(150)])  # 138 MB as pictures

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    frames = read_frames(path)
    for _ in range(30):
        next(frames)
    before = resident()
    assert max(resident() for _ in frames) - before < 30e6


def test_a_film_of_one_frame_reads_as_one_frame(make_film: Maker, greys: Any) -> None:
    assert len(list(read_frames(make_film(pictures=greys(1))))) == 1


def test_odd_sizes_read_as_they_are(make_film: Maker, greys: Any) -> None:
    path = make_film("odd.webm", greys(5, 47, 63))
    assert (probe(path).width, probe(path).height) == (63, 47)
    assert next(read_frames(path)).shape == (47, 63, 3)


def test_a_file_s_name_may_look_like_an_address(make_film: Maker, tmp_path: Path) -> None:
    odd = tmp_path / "a:b %03d – ä.mp4"
    make_film().rename(odd)
    assert len(list(read_frames(odd))) == 25
