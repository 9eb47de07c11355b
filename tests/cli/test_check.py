"""`x2face check`, and the same advice from `x2face run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import films
from x2face_core.media.images import write_picture

pytestmark = pytest.mark.weights


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a portrait, a drawn head, both in one picture, a wall, and a film."""
    from skimage.data import astronaut

    from x2face_lab.demo.inputs import PICTURE

    monkeypatch.chdir(tmp_path)
    her, drawn = astronaut()[:300, :400], np.asarray(Image.open(PICTURE).convert("RGB").resize((240, 240)))
    write_picture("her.png", her)
    write_picture("drawn.png", drawn)
    wide = np.zeros((300, 640, 3), np.uint8)
    wide[:, :400], wide[:240, 400:] = her, drawn
    write_picture("both.png", wide)
    write_picture("wall.png", films.wall(1)[0])
    Image.fromarray(her).convert("CMYK").save("print.tif")
    Image.fromarray(her[..., 0].astype(np.uint16) * 257).save("deep.png")
    films.write(tmp_path / "film.mp4", films.swaying(30))
    return tmp_path


def findings(one: dict[str, Any]) -> dict[str, str]:
    return {found["name"]: found["status"] for found in one["findings"]}


def test_a_picture_and_a_film_that_suit(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face("check", "her.png", "film.mp4", "--json")
    assert result.code == 0 and result.err == ""
    report = json.loads(result.out)
    picture, film = report["inputs"]
    assert report["usable"] and report["together"] is None
    assert (picture["kind"], picture["size"], picture["faces"], picture["exit_code"]) == ("picture", [400, 300], 1, 0)
    assert findings(picture) == dict.fromkeys(
        ("faces", "edges", "hair", "size", "light", "sharpness", "pose", "lips", "eyes"), "ok"
    )
    assert film["kind"] == "film" and findings(film)["lost"] == "ok"


def test_what_is_found_is_a_table_with_what_would_do(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face("check", "both.png")
    assert result.code == 0
    (line,) = [line for line in result.out.splitlines() if line.startswith("warn") and "faces" in line]
    assert "2 faces are there, and number 2 from the left" in line and "--face N takes another" in line
    lines = [line.split() for line in x2face("check", "both.png", "--face", "1").out.splitlines()]
    assert ["ok", "faces"] in [line[:2] for line in lines]


def test_what_shows_no_face_or_is_not_there_has_the_run_s_exit_code(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face("check", "wall.png")
    assert result.code == 4 and result.err.startswith("x2face: error: wall.png: no face was found")
    result = x2face("check", "her.png", "gone.png", "wall.png", "--json")
    report = json.loads(result.out)
    assert result.code == 3 and [one["exit_code"] for one in report["inputs"]] == [0, 3, 4] and not report["usable"]
    assert "gone.png" in report["inputs"][1]["error"]
    assert x2face("check", "both.png", "--face", "3").code == 2
    assert x2face("check", str(place)).code == 2


def test_pictures_of_other_kinds_are_read(place: Path, x2face: Callable[..., Any]) -> None:
    report = json.loads(x2face("check", "print.tif", "deep.png", "--json").out)
    assert report["usable"] and [findings(one)["faces"] for one in report["inputs"]] == ["ok", "ok"]


@pytest.fixture
def stern(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's two faces, one of them drawn, are at 0.16, which is neither; one face twice is at 1."""
    monkeypatch.setattr("x2face_core.suitability.same_person.REFUSED_BELOW", 0.5)


def test_people_are_compared(place: Path, x2face: Callable[..., Any], stern: None) -> None:
    assert json.loads(x2face("check", "her.png", "both.png", "--face", "1", "--json").out)["together"]["status"] == "ok"
    report = json.loads(x2face("check", "her.png", "drawn.png", "--json").out)
    assert report["usable"] and report["together"]["status"] == "fail"


RUN = ("run", "-s", "her.png", "--pose-yaw", "0:5", "--pose-seconds", "0.2", "--size", "64", "--overwrite")


def test_different_people_are_refused_unless_by_force(place: Path, x2face: Callable[..., Any], stern: None) -> None:
    result = x2face(*RUN, "-s", "drawn.png", "-o", "a.mp4")
    assert result.code == 2 and "looks like somebody else" in result.err and "--force" in result.err
    assert not Path("a.mp4").exists()
    assert x2face(*RUN, "-s", "drawn.png", "-o", "a.mp4", "--force").code == 0
    assert x2face("embed", "-s", "her.png", "-s", "drawn.png", "-o", "e.png").code == 2


def test_a_run_says_what_does_not_suit(place: Path, x2face: Callable[..., Any]) -> None:
    well = x2face(*RUN, "-o", "a.mp4", "--json")
    assert json.loads(well.out)["advice"] == [] and "warning" not in well.err
    turn = ("--pose-yaw", "0:60", "--pose-seconds", "0.4")
    result = x2face("run", "-s", "both.png", *turn, "--size", "64", "-o", "b.mp4", "--json")
    faces, turned = json.loads(result.out)["advice"]
    assert faces.startswith("both.png: 2 faces are there") and "--pose-weight 0.7" in turned
    assert f"x2face: warning: {faces}" in result.err and f"x2face: warning: {turned}" in result.err
    named = x2face(*RUN[:1], "-s", "both.png", *RUN[3:], "--face", "1", "-o", "c.mp4", "--json")
    assert json.loads(named.out)["advice"] == []
    assert json.loads(named.out)["source_boxes"][0][0] < 250


def test_closed_lips_are_told_where_they_are_to_speak(place: Path, x2face: Callable[..., Any],
                                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("x2face_core.suitability.expression.PARTED", 1.0)
    assert json.loads(x2face(*RUN, "-o", "a.mp4", "--json").out)["advice"] == []
    from x2face_lab.demo.inputs import SPEECH

    line = ("run", "-s", "her.png", "--audio", str(SPEECH), "--seconds", "0.2", "--size", "64", "-o", "s.mp4", "--json")
    (lips,) = json.loads(x2face(*line).out)["advice"]
    assert lips.startswith("her.png: the lips are closed; for speech, a picture with the lips a little parted")
