"""`x2face prepare` as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.films import swaying, wall, write


def test_it_prints_where_the_clips_are_and_sums_up_on_stderr(x2face: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "films" / f"{name}.mp4", swaying(27))
    write(tmp_path / "films" / "wall.mp4", wall(10))
    result = x2face("prepare", str(tmp_path / "films"), str(tmp_path / "tracks"), "--workers", "1")
    assert (result.code, result.out.strip()) == (0, str(tmp_path / "tracks"))
    assert "wall.mp4: no face was found." in result.err
    assert "none is left for test" in result.err
    again = x2face("prepare", str(tmp_path / "films"), str(tmp_path / "tracks"))
    assert again.code == 0
    assert "3 of 3 files were done before" in again.err


@pytest.mark.parametrize(
    ("given", "code"), [("nowhere", 3), ("empty", 3), ("notes.mp4", 3), ("wall.mp4", 4), ("taken", 2)]
)
def test_what_is_wrong_is_one_line_and_its_code(
    x2face: Callable[..., Any], tmp_path: Path, given: str, code: int
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.mp4").write_text("not a film")
    write(tmp_path / "wall.mp4", wall(10))
    out = tmp_path / "out"
    if given == "taken":
        given = "wall.mp4"
        (out / "mine").mkdir(parents=True)
    result = x2face("prepare", str(tmp_path / given), str(out), "--workers", "1")
    assert result.code == code
    assert result.out == ""
    assert result.err.startswith("x2face: error: ")
    assert result.err.count("\n") == 1
    assert out.exists() == (out / "mine").exists()


def test_no_workers_is_a_usage_error(x2face: Callable[..., Any], tmp_path: Path) -> None:
    assert x2face("prepare", str(tmp_path), str(tmp_path / "out"), "--workers", "0").code == 2


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--scheduler", "tcp://node1:8786", "--workers", "2"], 2, "give one of them"),
        (["--scheduler", ""], 2, "is empty"),
    ],
)
def test_a_scheduler_that_cannot_be_used_is_refused(
    x2face: Callable[..., Any], tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    found = x2face("prepare", str(tmp_path), str(tmp_path / "out"), *options)
    assert (found.code, words in found.err) == (code, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(find_spec("distributed") is not None, reason="the extra `scale` is installed")
def test_without_the_extra_it_says_what_to_install(x2face: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "films" / "a.mp4", wall(3))
    found = x2face("prepare", str(tmp_path / "films"), str(tmp_path / "out"), "--scheduler", "tcp://node1:8786")
    assert (found.code, "pip install 'x2face[scale]'" in found.err) == (3, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.scale
@pytest.mark.parametrize(
    ("address", "code", "words"),
    [("nonsense", 2, "expected HOST:PORT"), ("tcp://127.0.0.1:1", 3, "no Dask scheduler answers there")],
)
def test_a_scheduler_that_is_not_there_is_one_line(
    x2face: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, code: int, words: str
) -> None:
    monkeypatch.setattr("x2face_core.clusters._CONNECTING", 0.5)
    write(tmp_path / "films" / "a.mp4", wall(3))
    found = x2face("prepare", str(tmp_path / "films"), str(tmp_path / "out"), "--scheduler", address)
    assert (found.code, words in found.err, found.err.count("\n")) == (code, True, 1)
    assert not (tmp_path / "out").exists()
