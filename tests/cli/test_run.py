"""`x2face run`, from the command line to the film, with tiny untrained networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.films import drawn
from x2face_cli.app import main
from x2face_cli.run import named
from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.video import probe, read_frames
from x2face_core.media.writing import write_film

KEYS = {"output", "frames", "fps", "seconds", "wall_seconds", "source_boxes", "driving_box", "drivers", "weights",
        "engine", "dtype", "device", "warnings", "advice", "size", "view", "moved", "signed_by"}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with source.png, other.png and film.mp4 (10 frames at 20 a second), and networks that load at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", drawn(4))
    write_picture("other.png", drawn(6))
    write_film("film.mp4", (drawn(k) for k in range(10)), 20)
    return tmp_path


def run(*args: str) -> int:
    return main(["run", "-s", "source.png", "--crop", "none", "--frame", "film.mp4", "--frame-crop", "none",
                 "--size", "64", *args])  # fmt: skip


def test_the_film_is_called_after_source_and_driving_film(place: Path) -> None:
    assert run() == 0
    assert probe("outputs/source--film.mp4").frames == 10


def test_json_is_one_object_with_the_keys_agreed_upon(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "-o", "a/b/film.mp4") == 0
    (line,) = capsys.readouterr().out.splitlines()
    report = json.loads(line)
    assert set(report) == KEYS
    assert (report["output"], report["frames"], report["fps"], report["seconds"]) == ("a/b/film.mp4", 10, 20, 0.5)
    assert report["source_boxes"] == [[8, 0, 48, 48]]
    assert report["driving_box"] == [8, 0, 48, 48]
    (driver,) = report["drivers"]
    assert set(driver) == {"name", "dist", "version", "kind", "rms"}
    assert (driver["name"], driver["dist"], driver["kind"]) == ("frame", "x2face", "offset")
    assert driver["rms"] > 0
    assert set(report["weights"]) == {"name", "fingerprint"}


@pytest.mark.parametrize(("output", "frames"), [("a.mp4", 10), ("a.webm", 10), ("a.gif", 10)])
def test_films_are_written_by_suffix(place: Path, output: str, frames: int) -> None:
    assert run("-o", output) == 0
    assert sum(1 for _ in read_frames(output)) == frames
    assert (probe(output).width, probe(output).height) == (64, 64)


def test_a_name_with_a_slash_is_a_folder_of_pictures_and_nothing_else(place: Path) -> None:
    assert run("-o", "frames/") == 0
    assert sorted(path.name for path in (place / "frames").iterdir()) == [f"{k:06}.png" for k in range(10)]


def test_compare_shows_source_driving_picture_and_result(place: Path) -> None:
    assert run("--compare", "-o", "c/") == 0
    assert read_picture("c/000000.png").shape == (64, 192, 3)


def test_paste_back_gives_the_whole_picture(place: Path) -> None:
    assert run("--paste-back", "-o", "p/") == 0
    pasted = read_picture("p/000003.png")
    assert pasted.shape == (48, 64, 3)
    assert np.array_equal(pasted[:, :8], drawn(4)[:, :8])  # outside the box


@pytest.mark.parametrize(("side", "expected"), [(511, 256), (512, 512)])
def test_films_are_as_large_as_the_source_and_tell_what_they_show(
    place: Path, capsys: pytest.CaptureFixture[str], side: int, expected: int
) -> None:
    write_picture("source.png", np.full((side, 600, 3), 90, np.uint8), overwrite=True)
    driven = ["--frame", "film.mp4", "--frame-crop", "none", "--seconds", "0.05"]
    words = ["--crop", "none", *driven, "--json", "-o", "f/"]
    assert main(["run", "-s", "source.png", *words]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["size"] == [expected, expected]
    assert report["view"] == [(600 - side) / 2, 0, side, side]
    assert main(["run", "-s", "source.png", *words, "--paste-back", "--overwrite"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["size"], report["view"]) == ([600, side], [0, 0, 600, side])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--background", "blur"], "'blur' is not one of 'move', 'keep'"),
        (["--background", "keep"], "no person is made out against the background of source.png"),
    ],
)
def test_a_background_that_cannot_be_kept_is_one_line_and_nothing_is_left(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    nobody = "x2face_core.rendering.background.person_matte"
    monkeypatch.setattr(nobody, lambda picture: torch.zeros(1, *picture.shape[-2:]))
    assert run("-o", "kept.mp4", *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("x2face: error: ") and message in line
    assert not (place / "kept.mp4").exists()


def test_a_face_from_a_film_is_pasted_back_into_a_frame_of_that_film(place: Path) -> None:
    write_film("source.mp4", (drawn(4) for _ in range(5)), 25)
    (whole,) = {frame.tobytes(): frame for frame in read_frames("source.mp4")}.values()
    line = ["run", "-s", "source.mp4", "--crop", "none", "--frame", "film.mp4", "--frame-crop", "none", "--size", "64"]
    assert main([*line, "--paste-back", "-o", "p/"]) == 0
    pasted = read_picture("p/000003.png")
    assert pasted.shape == (48, 64, 3) and np.array_equal(pasted[:, :8], whole[:, :8])
    assert not np.array_equal(pasted[:, 8:56], whole[:, 8:56])


def test_a_camera_drives_for_as_long_as_seconds_says(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("x2face_core.media.camera._device", lambda number: ("film.mp4", "mp4"))
    assert main(["run", "-s", "source.png", "--crop", "none", "--frame", "0", "--frame-crop", "none", "--size", "64",
                 "--seconds", "0.2", "--fps", "20", "--json", "-o", "live/"]) == 0  # fmt: skip
    report = json.loads(capsys.readouterr().out)
    assert (report["fps"], report["driving_box"]) == (20, [8, 0, 48, 48])
    assert 1 <= report["frames"] <= 4  # of a camera as many as come in time


def test_fps_resamples_and_seconds_cut(place: Path) -> None:
    assert run("--fps", "40", "-o", "fast/") == 0
    assert len(list((place / "fast").iterdir())) == 20
    assert run("--seconds", "0.2", "-o", "short/") == 0
    assert len(list((place / "short").iterdir())) == 4


def test_sources_may_be_several_or_a_film(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-s", "other.png", "--json", "-o", "two.mp4") == 0
    assert len(json.loads(capsys.readouterr().out)["source_boxes"]) == 2
    assert run("-s", "film.mp4", "--source-frames", "4", "--json", "-o", "five.mp4") == 0
    assert len(json.loads(capsys.readouterr().out)["source_boxes"]) == 5


def test_an_existing_output_is_refused_unless_it_may_be_replaced(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "there.mp4").write_text("precious")
    assert run("-o", "there.mp4") == 2
    assert (place / "there.mp4").read_text() == "precious"
    assert capsys.readouterr().err.startswith("x2face: error: there.mp4 exists already")
    assert run("-o", "there.mp4", "--overwrite") == 0
    assert probe("there.mp4").frames == 10


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["-o", "film.avi"], 2),
        (["-o", "film"], 2),
        (["-o", "film.mp4", "--overwrite"], 2),  # an input
        (["--size", "1"], 2),
        (["--seconds", "0"], 2),
        (["--frame-zero", "99"], 2),
        (["--frame-expression", "4"], 2),
        (["--frame-expression", "2", "--frame-absolute"], 2),
        (["--frame-expression", "2"], 5),  # these weights have no mapping mouth
        (["--frame-crop", "1,2,3"], 2),
        (["--crop", "900,900,10,10"], 2),
        (["--driver", "nobody"], 2),
        (["--unknown"], 2),
        (["-s", "gone.png"], 3),
        (["--frame", "gone.mp4"], 3),
        (["--sound", "gone.wav"], 3),
        (["--sound", "film.mp4"], 3),  # has none
        (["--crop", "auto"], 4),
        (["--frame-crop", "auto"], 4),
    ],
)
def test_what_cannot_be_is_one_line_and_an_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int
) -> None:
    before = sorted(place.iterdir())
    assert run(*args) == code
    report = capsys.readouterr()
    assert report.out == ""
    assert len(report.err.splitlines()) == 1
    assert report.err.startswith("x2face: error: ")
    assert sorted(place.iterdir()) == before


def test_without_a_driver_there_is_nothing_to_do(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-s", "source.png"]) == 2
    assert "nothing drives the face" in capsys.readouterr().err


def test_ctrl_c_leaves_what_was_done(
    place: Path, interrupted_after_5: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-o", "part.mp4") == 130
    assert sum(1 for _ in read_frames("part.mp4")) == 5
    assert "part.mp4 has what was done so far" in capsys.readouterr().err


def test_the_help_shows_the_options_of_the_drivers_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    assert "--frame-zero" not in capsys.readouterr().out
    assert main(["run", "--driver", "frame", "--help"]) == 0
    assert "--frame-zero" in capsys.readouterr().out


def test_drivers_are_named_by_name_or_by_input() -> None:
    line = ["-s", "a", "--audio", "x.wav", "--driver", "frame", "--frame=f.mp4", "--driver=idle", "--fps", "3"]
    assert named(line, ["frame", "audio", "idle"]) == ["audio", "frame", "idle"]
