from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import InputError, UsageError
from x2face_core.media.containers import encodable_size
from x2face_core.media.pictures import Picture
from x2face_core.media.sound import read_sound
from x2face_core.media.video import probe, read_frames
from x2face_core.media.writing import write_film, write_folder

Maker = Callable[..., Path]


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def _stopped(pictures: list[Picture], error: type[BaseException]) -> Iterator[Picture]:
    yield from pictures
    raise error("stop")


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_written_film_reads_back(tmp_path: Path, greys: Any, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    assert write_film(path, greys(20), 20) == 20
    assert _names(tmp_path) == [path.name]
    frames = list(read_frames(path))
    assert probe(path).fps == 20
    assert len(frames) == 20
    assert [round((float(frame.mean()) - 40) / 4) for frame in frames] == list(range(20))


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_colours_are_kept(tmp_path: Path, suffix: str) -> None:
    picture = np.zeros((64, 64, 3), dtype=np.uint8)
    picture[:32, :32], picture[:32, 32:], picture[32:, :32] = (200, 30, 30), (30, 200, 30), (30, 30, 200)
    write_film(tmp_path / f"a{suffix}", [picture] * 3, 25)
    frame = next(read_frames(tmp_path / f"a{suffix}"))
    for y, x in ((16, 16), (16, 48), (48, 16), (48, 48)):
        assert np.abs(frame[y, x].astype(int) - picture[y, x]).max() <= 8


@pytest.mark.parametrize(("suffix", "size"), [(".mp4", (48, 64)), (".webm", (48, 64)), (".gif", (47, 63))])
def test_odd_sizes_are_written(tmp_path: Path, greys: Any, suffix: str, size: tuple[int, int]) -> None:
    write_film(tmp_path / f"a{suffix}", greys(3, 47, 63), 25)
    assert next(read_frames(tmp_path / f"a{suffix}")).shape[:2] == size


@pytest.mark.parametrize(
    ("size", "expected"),
    [((64, 48), (64, 48)), ((63, 47), (64, 48)), ((20_000, 60), (16_384, 48)), ((8000, 7000), (6324, 5532))],
)
def test_a_film_is_as_large_as_its_pictures_up_to_what_encoders_hold(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert encodable_size(*size) == expected


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_panorama_is_reduced_to_what_encoders_hold(tmp_path: Path, suffix: str) -> None:
    picture = np.full((60, 20_000, 3), 40, dtype=np.uint8)
    picture[:, 10_000:] = 200
    assert write_film(tmp_path / f"a{suffix}", [picture] * 2, 25) == 2
    frame = next(read_frames(tmp_path / f"a{suffix}"))
    assert frame.shape == (48, 16_384, 3)
    assert abs(float(frame[:, :8100].mean()) - 40) < 5 and abs(float(frame[:, 8300:].mean()) - 200) < 5


@pytest.mark.parametrize("fps", [23.976, 29.97, 30, 12.5])
def test_rates_are_kept_to_the_fraction(tmp_path: Path, greys: Any, fps: float) -> None:
    write_film(tmp_path / "a.mp4", greys(10), fps)
    assert probe(tmp_path / "a.mp4").fps == pytest.approx(fps, abs=1e-3)
    assert len(list(read_frames(tmp_path / "a.mp4"))) == 10


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_texts_are_kept_in_the_film(tmp_path: Path, greys: Any, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_film(path, greys(3), 25, metadata={"title": "a title", "comment": "generated"})
    if suffix == ".gif":
        with Image.open(path) as image:
            image.seek(2)
        assert b"comment: generated" in path.read_bytes()
        assert len(list(read_frames(path))) == 3
        return
    with av.open(str(path)) as film:
        assert {key.lower(): text for key, text in film.metadata.items()}["comment"] == "generated"


def test_an_mp4_has_its_index_in_front(tmp_path: Path, greys: Any) -> None:
    write_film(tmp_path / "a.mp4", greys(3), 25)
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("click", [0.0, 0.52, 1.2])
def test_sound_lands_where_it_was(
    tmp_path: Path, make_wav: Callable[..., Path], clicks: Any, greys: Any, suffix: str, click: float
) -> None:
    write_film(tmp_path / f"a{suffix}", greys(50), 25, sound=make_wav(clicks(2, [click]), 48000))
    sound = read_sound(tmp_path / f"a{suffix}", 16000)
    assert abs(int(np.abs(sound).argmax()) / 16000 - click) < 0.01


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_taken_over_from_a_film_stays_in_sync(
    tmp_path: Path, make_film: Maker, clicks: Any, greys: Any, suffix: str
) -> None:
    film = make_film("driving.mp4", greys(50), sound=clicks(2, [0.6, 1.4]))
    write_film(tmp_path / f"a{suffix}", read_frames(film), 25, sound=film)
    sound = np.abs(read_sound(tmp_path / f"a{suffix}", 16000))
    assert abs(int(sound[:16000].argmax()) / 16000 - 0.6) < 0.01
    assert abs(int(sound[16000:].argmax()) / 16000 + 1 - 1.4) < 0.01


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_is_cut_at_the_film_s_length(
    tmp_path: Path, make_wav: Callable[..., Path], clicks: Any, greys: Any, suffix: str
) -> None:
    write_film(tmp_path / f"a{suffix}", greys(25), 25, sound=make_wav(clicks(3, [2.5])))
    assert len(read_sound(tmp_path / f"a{suffix}", 16000)) / 16000 == pytest.approx(1.0, abs=0.03)
    assert probe(tmp_path / f"a{suffix}").seconds == pytest.approx(1.0, abs=0.03)


def test_sound_shorter_than_the_film_just_ends(
    tmp_path: Path, make_wav: Callable[..., Path], clicks: Any, greys: Any
) -> None:
    write_film(tmp_path / "a.mp4", greys(50), 25, sound=make_wav(clicks(0.5, [0.2])))
    assert len(list(read_frames(tmp_path / "a.mp4"))) == 50


def test_a_gif_has_no_sound(tmp_path: Path, make_wav: Callable[..., Path], clicks: Any, greys: Any) -> None:
    assert write_film(tmp_path / "a.gif", greys(5), 25, sound=make_wav(clicks(1, [0.2]))) == 5


def test_a_silent_file_given_as_sound_is_refused_before_a_frame_is_made(tmp_path: Path, make_film: Maker) -> None:
    film = make_film()

    def frames() -> Iterator[Picture]:
        raise AssertionError("a frame was made")
        yield

    with pytest.raises(InputError, match="no sound"):
        write_film(tmp_path / "a.mp4", frames(), 25, sound=film)
    assert _names(tmp_path) == ["film.mp4"]


def test_a_gif_above_fifty_frames_a_second_keeps_its_speed(tmp_path: Path, greys: Any) -> None:
    assert write_film(tmp_path / "a.gif", greys(60), 60) < 60
    assert probe(tmp_path / "a.gif").seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_an_interrupt_leaves_a_playable_film_of_what_was_done(
    tmp_path: Path, make_wav: Callable[..., Path], clicks: Any, greys: Any, suffix: str
) -> None:
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / f"a{suffix}"
    with pytest.raises(KeyboardInterrupt):
        write_film(path, _stopped(greys(12), KeyboardInterrupt), 25, sound=make_wav(clicks(3, [0.2])))
    assert _names(tmp_path / "out") == [path.name]
    assert len(list(read_frames(path))) == 12


def test_an_interrupt_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_film(tmp_path / "a.mp4", _stopped([], KeyboardInterrupt), 25)
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "folder"])
def test_any_other_error_leaves_nothing_and_keeps_what_was_there(tmp_path: Path, greys: Any, name: str) -> None:
    write = write_folder if name == "folder" else lambda path, frames: write_film(path, frames, 25)
    write(tmp_path / name, greys(2))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RuntimeError, match="stop"):
        write(tmp_path / name, _stopped(greys(12), RuntimeError))
    assert sorted(tmp_path.rglob("*")) == before
    assert [thread for thread in threading.enumerate() if thread.name == "x2face-writer"] == []


def test_frames_may_use_the_same_memory_again(tmp_path: Path, greys: Any) -> None:
    memory = np.zeros((48, 64, 3), dtype=np.uint8)

    def frames() -> Iterator[Picture]:
        for picture in greys(20):
            memory[:] = picture
            yield memory

    write_film(tmp_path / "a.mp4", frames(), 25)
    assert [round((float(frame.mean()) - 40) / 4) for frame in read_frames(tmp_path / "a.mp4")] == list(range(20))


def test_no_frames_an_unknown_suffix_and_no_folder_are_refused(tmp_path: Path, greys: Any) -> None:
    with pytest.raises(InputError, match="not one frame"):
        write_film(tmp_path / "a.mp4", [], 25)
    with pytest.raises(UsageError, match="xyz"):
        write_film(tmp_path / "a.xyz", greys(2), 25)
    with pytest.raises(UsageError, match="cannot be written"):
        write_film(tmp_path / "none" / "a.mp4", greys(2), 25)
    assert _names(tmp_path) == []


def test_a_folder_holds_numbered_pictures_and_nothing_else(tmp_path: Path, greys: Any) -> None:
    assert write_folder(tmp_path / "out", greys(3)) == 3
    assert _names(tmp_path) == ["out"]
    assert _names(tmp_path / "out") == ["000000.png", "000001.png", "000002.png"]
    assert write_folder(tmp_path / "out", greys(2)) == 2
    assert _names(tmp_path / "out") == ["000000.png", "000001.png"]


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path, greys: Any) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"mine\.txt"):
        write_folder(tmp_path, greys(3))
    assert _names(tmp_path) == ["mine.txt"]


def test_an_interrupt_leaves_a_folder_of_what_was_done(tmp_path: Path, greys: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", _stopped(greys(3), KeyboardInterrupt))
    assert _names(tmp_path / "out") == ["000000.png", "000001.png", "000002.png"]


_ENDLESS = """
import sys, numpy as np
from itertools import count
from x2face_core.media.writing import write_film
def frames():
    for number in count():
        if number == int(sys.argv[2]):
            print("so many are written", flush=True)
        yield np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
write_film(sys.argv[1], frames(), 25)
"""


@pytest.mark.parametrize("frames", [1, 30])
def test_ctrl_c_from_outside_leaves_one_playable_file(tmp_path: Path, frames: int) -> None:
    line = [sys.executable, "-c", _ENDLESS, str(tmp_path / "a.mp4"), str(frames)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "so many are written\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=600)
    assert "KeyboardInterrupt" in errors
    assert _names(tmp_path) == ["a.mp4"]
    assert len(list(read_frames(tmp_path / "a.mp4"))) >= frames
