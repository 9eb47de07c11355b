"""From films to a folder of face tracks."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.films import elsewhere, swaying, wall, write
from x2face_core.data.folder import FaceFolder
from x2face_core.data.preparing.run import prepare
from x2face_core.data.preparing.splitting import split_groups
from x2face_core.errors import InputError, MissingError, NoFaceError, UsageError
from x2face_core.media.sound import read_sound


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of each."""
    folder = tmp_path_factory.mktemp("films")
    write(folder / "cut.mp4", swaying(40) + elsewhere(swaying(45, side=300)), fps=30, tone=True)
    pair = zip(swaying(40, size=(240, 240)), elsewhere(swaying(40, size=(240, 240))), strict=True)
    write(folder / "pair.mp4", [np.concatenate(both, axis=1) for both in pair])
    write(folder / "id7" / "video" / "1.mp4", swaying(30))
    write(folder / "short.mp4", swaying(15))
    write(folder / "small.mp4", swaying(30, side=900))
    write(folder / "wall.mp4", wall(30))
    (folder / "broken.mp4").write_bytes((folder / "cut.mp4").read_bytes()[:300])
    (folder / "notes.txt").write_text("no film")
    return folder


@pytest.fixture(scope="module")
def tracks(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What prepare makes of it."""
    out = tmp_path_factory.mktemp("prepared") / "tracks"
    prepare(films, out, workers=1)
    return out


def rows_of(tracks: Path) -> dict[str, dict[str, str]]:
    with (tracks / "clips.csv").open(encoding="utf-8") as file:
        return {row["clip"].rpartition("/")[2]: row for row in csv.DictReader(file)}


def report_of(tracks: Path) -> Any:
    return json.loads((tracks / "prepared.json").read_text(encoding="utf-8"))


def test_the_table_has_the_columns_of_the_format(tracks: Path) -> None:
    with (tracks / "clips.csv").open(encoding="utf-8") as file:
        assert file.readline().strip() == "clip,identity,source,seconds,frames,sound,crop_pixels,yaw_range,split"


def test_the_loader_reads_what_was_prepared(tracks: Path) -> None:
    folder = FaceFolder(tracks)
    assert {clip.split for clip in folder.clips} == {"train", "val", "test"}
    assert all(clip.path.is_file() for clip in folder.clips)


def test_a_cut_ends_a_clip(tracks: Path) -> None:
    rows = rows_of(tracks)
    frames = [int(rows[name]["frames"]) for name in ("cut_0.mp4", "cut_1.mp4")]
    assert sum(frames) == pytest.approx(85 * 25 / 30, abs=2)
    assert frames[0] == pytest.approx(40 * 25 / 30, abs=1)


def test_clips_are_256_pixels_at_25_frames_a_second(tracks: Path) -> None:
    for clip in FaceFolder(tracks).clips:
        with av.open(str(clip.path)) as film:
            stream = film.streams.video[0]
            assert (stream.width, stream.height, stream.average_rate) == (256, 256, 25)
            assert sum(1 for _ in film.decode(video=0)) == clip.frames


def test_sound_is_kept_where_the_film_has_it(tracks: Path) -> None:
    folder = FaceFolder(tracks)
    assert {clip.path.name: clip.sound for clip in folder.clips} == {
        "id7-video-1_0.mp4": False,
        "cut_0.mp4": True,
        "cut_1.mp4": True,
        "pair_0.mp4": False,
        "pair_1.mp4": False,
    }
    clip = next(clip for clip in folder.clips if clip.path.name == "cut_1.mp4")
    with av.open(str(clip.path)) as film:
        assert (film.streams.audio[0].rate, film.streams.audio[0].channels) == (16000, 1)
    sound = read_sound(clip.path)[1600:-3200]
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * 16000 / len(sound) == pytest.approx(440, abs=3)
    assert len(read_sound(clip.path)) / 16000 == pytest.approx(clip.seconds, abs=0.08)


def test_two_faces_at_once_are_two_people_of_one_split(tracks: Path) -> None:
    rows = rows_of(tracks)
    first, second = rows["pair_0.mp4"], rows["pair_1.mp4"]
    assert (first["identity"], second["identity"]) == ("pair", "pair#2")
    assert first["split"] == second["split"]


def test_folders_of_three_levels_say_who_it_is(tracks: Path) -> None:
    assert rows_of(tracks)["id7-video-1_0.mp4"]["identity"] == "id7"


def test_the_report_says_what_was_dropped_and_why(tracks: Path) -> None:
    report = report_of(tracks)
    films = {film["key"]: film for film in report["films"]}
    assert report["without_face"] == ["wall.mp4"]
    assert list(report["broken"]) == ["broken.mp4"]
    assert [row["why"] for row in films["short.mp4"]["dropped"]] == ["too short"]
    assert [row["why"] for row in films["small.mp4"]["dropped"]] == ["too small"]
    assert report["dropped"]["too short"] == {"tracks": 1, "seconds": pytest.approx(0.6, abs=0.05)}
    assert films["cut.mp4"]["scenes"] == 2


def test_the_face_fills_the_square_as_it_does_in_training_clips(tracks: Path) -> None:
    from x2face_core.media.faces import find_faces
    from x2face_core.media.video import read_frames

    (face, *_) = find_faces(next(read_frames(tracks / "clips" / "id7" / "id7-video-1_0.mp4")))
    assert face.w / 256 == pytest.approx(1 / 1.6, abs=0.08)
    assert abs(face.x + face.w / 2 - 128) < 20


def test_a_second_run_makes_nothing_anew(films: Path, tracks: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (tracks / "clips").rglob("*.mp4")}
    calls: list[tuple[int, int]] = []
    prepare(films, tracks, workers=1, progress=lambda done, total, record: calls.append((done, total)))
    assert {path: path.stat().st_mtime_ns for path in (tracks / "clips").rglob("*.mp4")} == before
    assert calls == [(6, 7), (7, 7)]  # the broken one is tried again


def test_a_folder_inside_the_films_is_not_taken_for_films(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", swaying(30))
    for _ in range(2):
        assert len(prepare(tmp_path, tmp_path / "tracks", workers=1).records) == 1


def test_a_film_that_changed_is_done_again(tmp_path: Path) -> None:
    film = write(tmp_path / "films" / "a.mp4", swaying(30) + elsewhere(swaying(30)))
    assert len(prepare(film.parent, tmp_path / "out", workers=1).clips) == 2
    write(film, swaying(40))
    assert [clip.frames for clip in prepare(film.parent, tmp_path / "out", workers=1).clips] == [40]
    assert [path.name for path in (tmp_path / "out" / "clips").rglob("*.mp4")] == ["a_0.mp4"]


def test_films_of_the_same_name_do_not_meet(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        write(tmp_path / "films" / name, swaying(30))
    report = prepare(tmp_path / "films", tmp_path / "out", workers=1)
    assert len({clip.clip for clip in report.clips}) == len({clip.identity for clip in report.clips}) == 2


def test_one_film_may_be_given_alone(tmp_path: Path) -> None:
    film = write(tmp_path / "me.mp4", swaying(30))
    report = prepare(film, tmp_path / "out", workers=1)
    assert [clip.identity for clip in report.clips] == ["me"]
    assert report.of_split("val") == (0, 0, 0)


@pytest.mark.parametrize(
    ("names", "error"), [((), InputError), (("notes.txt",), InputError), (("broken.mp4",), InputError)]
)
def test_where_there_is_no_film_it_says_so(
    films: Path, tmp_path: Path, names: tuple[str, ...], error: type[Exception]
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).write_bytes((films / name).read_bytes())
    with pytest.raises(error):
        prepare(tmp_path / "in", tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


def test_films_without_a_face_leave_nothing(films: Path, tmp_path: Path) -> None:
    with pytest.raises(NoFaceError, match="no face was found"):
        prepare(films / "wall.mp4", tmp_path / "out", workers=1)
    with pytest.raises(NoFaceError, match="1 too short"):
        prepare(films / "short.mp4", tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused(films: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        prepare(films, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_clips_of_other_films_are_refused(films: Path, tracks: Path) -> None:
    with pytest.raises(UsageError, match="holds what was made of"):
        prepare(films / "cut.mp4", tracks)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (6, (4, 1, 1)), (20, (15, 3, 2)), (100, (75, 15, 10))],
)
def test_people_are_split_75_15_10(count: int, expected: tuple[int, int, int]) -> None:
    splits = list(split_groups(f"p{number}" for number in range(count)).values())
    assert tuple(splits.count(name) for name in ("train", "val", "test")) == expected


def test_the_same_people_are_split_alike_in_any_order() -> None:
    names = [f"p{number}" for number in range(20)]
    assert split_groups(names) == split_groups(reversed(names))


def test_without_the_extra_landmarks_say_what_to_install(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe.python.solutions.face_mesh", None)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(MissingError, match=r"pip install 'x2face\[landmarks\]'"):
        prepare(films, tmp_path / "out", landmarks=True)
    assert not (tmp_path / "out").exists()


def started(films: Path, out: Path) -> subprocess.Popen[str]:
    """prepare in two processes, once its first film is done."""
    line = [sys.executable, "-m", "x2face_cli", "prepare", str(films), str(out), "--workers", "2"]
    running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while running.poll() is None and len(list((out / ".prepare").glob("*.json"))) < 2:
        time.sleep(0.02)
    return running


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films enough to be interrupted at."""
    folder = tmp_path_factory.mktemp("many")
    film = write(folder / "0.mp4", swaying(30)).read_bytes()
    for number in range(1, 8):
        (folder / f"{number}.mp4").write_bytes(film)
    return folder


@pytest.mark.slow
def test_a_killed_run_goes_on(many: Path, tmp_path: Path) -> None:
    running = started(many, tmp_path / "out")
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    assert not (tmp_path / "out" / "clips.csv").exists()
    calls: list[int] = []
    report = prepare(many, tmp_path / "out", workers=1, progress=lambda done, total, record: calls.append(done))
    assert calls[0] >= 1
    assert len(report.clips) == 8
    assert not list((tmp_path / "out").rglob(".x2face-*"))


@pytest.mark.slow
def test_ctrl_c_ends_the_processes_and_leaves_whole_clips(many: Path, tmp_path: Path) -> None:
    running = started(many, tmp_path / "out")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=600)
    assert (running.returncode, out, err.strip()) == (130, "", "x2face: interrupted")
    assert not list((tmp_path / "out").rglob(".x2face-*"))


def test_the_input_is_not_the_output(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.mp4").write_text("a film")
    (tmp_path / "link").symlink_to("films")
    for out in (tmp_path / "films", tmp_path / "link"):
        with pytest.raises(UsageError, match="is the folder to read"):
            prepare(tmp_path / "films", out)
    assert [path.name for path in (tmp_path / "films").iterdir()] == ["a.mp4"]
