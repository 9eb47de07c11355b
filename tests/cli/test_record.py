"""`x2face run --record` and `--track`, and the line that tells what each driver did, with tiny untrained networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.video import probe
from x2face_core.media.writing import write_film
from x2face_core.streaming.motion_file import read_motion, write_motion


def drawn(k: int) -> np.ndarray:
    picture = np.full((48, 48, 3), 30, np.uint8)
    picture[10:40, 4 + 2 * k : 20 + 2 * k] = (200, 150, 100)
    return picture


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with a.png, b.png, film.mp4 (10 frames at 20 a second) and its motion on a.png, motion.x2v."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("a.png", drawn(2))
    write_picture("b.png", drawn(7)[:, ::-1])
    write_film("film.mp4", (drawn(k) for k in range(10)), 20)
    return tmp_path


FILM = ("run", "-s", "a.png", "--crop", "none", "--size", "48", "--frame", "film.mp4", "--frame-crop", "none")
TRACK = ("run", "--crop", "none", "--size", "48", "--track", "motion.x2v")


def frames(folder: str) -> np.ndarray:
    return np.stack([read_picture(path) for path in sorted(Path(folder).iterdir())]).astype(int)


def test_a_replayed_run_is_the_run(place: Path, x2face: Callable[..., Any]) -> None:
    assert x2face(*FILM, "--record", "motion.x2v", "-o", "first/").code == 0
    for more in ([], ["--track-absolute"]):
        assert x2face(*TRACK, "-s", "a.png", "-o", "again/", "--overwrite", *more).code == 0
        assert np.abs(frames("first") - frames("again")).max() <= 1
        assert len(frames("again")) == 10


def test_a_motion_moves_another_face_from_its_own_rest(place: Path, x2face: Callable[..., Any]) -> None:
    x2face(*FILM, "--record", "motion.x2v")
    assert x2face(*TRACK, "-s", "b.png", "--record", "again.x2v", "-o", "b.mp4").code == 0
    first, again = read_motion("motion.x2v"), read_motion("again.x2v")
    assert np.allclose(first.offsets, again.offsets, atol=1e-5)
    assert not np.allclose(first.vector, again.vector)
    assert probe("b.mp4").fps == 20


def test_a_motion_tells_where_it_came_from(place: Path, x2face: Callable[..., Any], tiny_model: Any) -> None:
    x2face(*FILM, "--record", "deep/motion.x2v")
    origin = read_motion("deep/motion.x2v").origin
    assert (origin.fps, origin.space, origin.weights) == (20, tiny_model.fingerprint, "tiny")
    assert [(one["name"], one["dist"]) for one in origin.drivers] == [("frame", "x2face")]
    assert origin.version == origin.drivers[0]["version"] != ""


def test_a_motion_of_other_weights_is_refused(place: Path, x2face: Callable[..., Any]) -> None:
    x2face(*FILM, "--record", "motion.x2v")
    motion = read_motion("motion.x2v")
    write_motion(Path("motion.x2v"), replace(motion, origin=replace(motion.origin, space="f" * 16, weights="dark-1")))
    result = x2face(*TRACK, "-s", "a.png", "-o", "x.mp4")
    assert (result.code, result.out, len(result.err.splitlines())) == (5, "", 1)
    assert "dark-1 (space ffffffffffffffff)" in result.err
    assert not Path("x.mp4").exists()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--record", "there.x2v"], 2, "--overwrite"),
        (["--record", "motion.bin"], 2, "has to end in .x2v"),
        (["--record", "folder/"], 2, ".x2v"),
        (["--track", "gone.x2v"], 3, "gone.x2v"),
        (["--track", "there.x2v"], 3, "there.x2v"),
        (["--track", "a.png"], 3, "a.png"),
    ],
)
def test_what_cannot_be_recorded_or_replayed_is_one_line_and_an_exit_code(
    place: Path, x2face: Callable[..., Any], args: list[str], code: int, message: str
) -> None:
    Path("there.x2v").write_text("precious")
    before = sorted(place.rglob("*"))
    result = x2face(*FILM, *args)
    assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1)
    assert message in result.err
    assert sorted(place.rglob("*")) == before
    assert Path("there.x2v").read_text() == "precious"


def test_a_motion_does_not_replace_the_one_it_is_made_of(place: Path, x2face: Callable[..., Any]) -> None:
    x2face(*FILM, "--record", "motion.x2v")
    result = x2face(*TRACK, "-s", "a.png", "--record", "motion.x2v", "--overwrite")
    assert result.code == 2
    assert "one of the inputs" in result.err


def test_a_run_that_fails_leaves_no_motion(place: Path, x2face: Callable[..., Any]) -> None:
    assert x2face(*FILM, "--frame-zero", "99", "--record", "motion.x2v").code == 2
    assert not Path("motion.x2v").exists()


def test_ctrl_c_leaves_the_motion_of_what_was_done(
    place: Path, x2face: Callable[..., Any], interrupted_after_5: None
) -> None:
    assert x2face(*FILM, "--record", "motion.x2v", "-o", "part.mp4").code == 130
    assert 5 <= len(read_motion("motion.x2v").offsets) <= 6


def test_one_line_tells_what_each_driver_did(place: Path, x2face: Callable[..., Any]) -> None:
    assert x2face(*FILM, "--record", "motion.x2v", "-o", "a.mp4").code == 0
    line = (*FILM, "--track", "motion.x2v", "-o", "b.mp4", "--overwrite")
    result, quiet, machine = x2face(*line), x2face(*line, "-q"), x2face(*line, "--json")
    rms = {one["name"]: one["rms"] for one in json.loads(machine.out)["drivers"]}
    assert result.out == quiet.out == "b.mp4\n"
    *advice, what, last, following = result.err.splitlines()
    assert last == f"frame {rms['frame']:.2g}, track {rms['track']:.2g}"
    assert " frames, " in what and following.startswith("next: ")
    assert all(line.startswith("x2face: warning: a.png: the ") for line in advice)
    assert quiet.err == "" and machine.err.splitlines() == advice
    assert rms["frame"] == pytest.approx(rms["track"], rel=1e-4)
