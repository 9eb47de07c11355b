"""One damaged file, of the input's or of the state's, costs itself and stops nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from av.error import FFmpegError

from tests.films import swaying, write
from x2face_core.data.preparing import cropping, filming
from x2face_core.data.preparing.cropping import StillTask
from x2face_core.data.preparing.filming import FilmTask
from x2face_core.data.preparing.inputs import Film, Photograph, folder_name
from x2face_core.data.preparing.records import Clip, Dropped, Record, State, Still
from x2face_core.data.preparing.run import prepare
from x2face_core.errors import MissingError, UsageError
from x2face_core.files.locking import locked

FILM = Film(Path("a.mp4"), "a.mp4", "a", "a", "stamp")
CLIP = Clip("a/a_0.mp4", "a", "a", 0.0, 1.0, 25, False, 200)
RECORD = Record("a.mp4", "stamp", (CLIP,), (Dropped(0.0, 0.5, "too short", "0.50 s"),), 1.0)
PHOTOGRAPH = Photograph(Path("b.jpg"), "b.jpg", "b", "b", "stamp")
STILL = Still("b.jpg", "stamp", "b", "films/b.jpg")


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A folder in which one film was done."""
    state = State(tmp_path / "tracks")
    state.open("films")
    state.save(RECORD)
    (state.out / "clips" / "a").mkdir(parents=True)
    (state.out / "clips" / CLIP.clip).touch()
    return state


def record_of(state: State) -> Path:
    (path,) = [path for path in state.folder.glob("*.json") if path.name != "input.json"]
    return path


def test_what_is_known_of_a_film_comes_back(state: State) -> None:
    assert state.load(FILM) == RECORD


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "7", "[]", "[" * 100_000, "{}", '{"clips": 7, "dropped": []}', '{"clips": [7], "dropped": []}'],
)
def test_a_damaged_record_is_a_film_that_is_done_again(state: State, text: str) -> None:
    record_of(state).write_text(text)
    assert state.load(FILM) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"clips": [CLIP.__dict__ | {"clip": "../../../mine.mp4"}]},
        {"clips": [CLIP.__dict__ | {"clip": "/mine.mp4"}]},
        {"clips": [CLIP.__dict__ | {"frames": "many"}]},
        {"stamp": None},
        {"seconds": "long"},
        {"labelled": 1},
        {"mood": "good"},
    ],
)
def test_a_record_of_odd_kinds_is_a_film_that_is_done_again(state: State, changed: dict[str, Any]) -> None:
    the_record = json.loads(record_of(state).read_text())
    record_of(state).write_text(json.dumps(the_record | changed))
    assert state.load(FILM) is None


@pytest.mark.parametrize("text", ["", "null", "[1]", "[" * 100_000, "\ufeff{"])
def test_a_damaged_mark_is_written_anew(state: State, text: str) -> None:
    mark = state.folder / "input.json"
    mark.write_text(text)
    state.open("films")
    assert json.loads(mark.read_text())["input"] == "films"
    with pytest.raises(UsageError, match="holds what was made of films"):
        state.open("others")


@pytest.mark.parametrize(
    "error", [AttributeError("'NoneType' has no attribute 'name'"), ValueError("odd"), MemoryError()]
)
def test_what_a_library_raises_for_one_film_is_that_film_s_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(path: Path) -> None:
        raise error

    monkeypatch.setattr(filming, "find_tracks", fail)
    State(tmp_path).open("films")
    record = FilmTask(FILM, tmp_path, landmarks=False).perform()
    assert record.trouble.startswith("a.mp4: cannot be read (") and type(error).__name__ in record.trouble


def test_a_disk_that_is_full_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise UsageError("clips/a.mp4: cannot be written (No space left on device).")

    monkeypatch.setattr(filming, "find_tracks", fail)
    with pytest.raises(UsageError, match="No space left"):
        FilmTask(FILM, tmp_path, landmarks=False).perform()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), FFmpegError(27, "File too large")])
def test_a_disk_that_is_full_is_not_taken_for_a_broken_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(path: Path) -> None:
        raise error

    monkeypatch.setattr(filming, "find_tracks", fail)
    State(tmp_path).open("films")
    with pytest.raises((UsageError, OSError)) as caught:
        FilmTask(FILM, tmp_path, landmarks=False).perform()
    assert isinstance(error, OSError) or "what is made of a.mp4: cannot be written" in str(caught.value)
    assert [path.name for path in (tmp_path / ".prepare").iterdir()] == ["input.json"]


def test_a_worker_without_the_face_mesh_ends_the_run_and_blames_no_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MissingError("pip install 'x2face[landmarks]'")

    monkeypatch.setattr(filming, "_labeller", missing)
    monkeypatch.setattr(cropping, "_mesh", missing)
    State(tmp_path).open("films")
    with pytest.raises(MissingError):
        FilmTask(FILM, tmp_path, landmarks=True, record=RECORD).perform()
    with pytest.raises(MissingError):
        StillTask(PHOTOGRAPH, tmp_path, "films", landmarks=True, record=STILL).perform()
    assert [path.name for path in (tmp_path / ".prepare").iterdir()] == ["input.json"]


def test_names_of_clips_are_names_that_every_disk_takes() -> None:
    long = "ä" * 120 + "/" + "b" * 100
    assert len(folder_name(long).encode()) <= 150
    assert folder_name(long) != folder_name(long + "c")
    assert folder_name("Anna B./1") == "Anna_B._1"


def test_a_film_of_a_long_name_is_prepared_like_any_other(tmp_path: Path) -> None:
    deep = tmp_path / "films" / ("p" * 120) / ("v" * 120)
    deep.mkdir(parents=True)
    write(deep / f"{'c' * 200}.mp4", swaying(30))
    report = prepare(tmp_path / "films", tmp_path / "tracks", workers=1)
    assert len(report.clips) == 1 and not report.broken
    assert (tmp_path / "tracks" / "clips" / report.clips[0].clip).is_file()


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    write(tmp_path / "films" / "a.mp4", swaying(30))
    prepare(tmp_path / "films", tmp_path / "tracks", workers=1)
    with locked(tmp_path / "tracks") as holder:
        assert holder == "us"
        with pytest.raises(UsageError, match="another `x2face prepare` is at work there"):
            prepare(tmp_path / "films", tmp_path / "tracks", workers=1)
