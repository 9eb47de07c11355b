"""`x2face prepare` as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.films import swaying, wall, write


def test_it_prints_where_the_clips_are_and_sums_up_on_stderr(x2face: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "films" / f"{name}.mp4", swaying(27))
    write(tmp_path / "films" / "wall.mp4", wall(10))
    said = x2face("prepare", str(tmp_path / "films"), str(tmp_path / "tracks"), "--workers", "1")
    assert (said.code, said.out.strip()) == (0, str(tmp_path / "tracks"))
    assert "wall.mp4: no face was found." in said.err
    assert "none is left for test" in said.err
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
    said = x2face("prepare", str(tmp_path / given), str(out), "--workers", "1")
    assert said.code == code
    assert said.out == ""
    assert said.err.startswith("x2face: error: ")
    assert said.err.count("\n") == 1
    assert out.exists() == (out / "mine").exists()


def test_no_workers_is_a_usage_error(x2face: Callable[..., Any], tmp_path: Path) -> None:
    assert x2face("prepare", str(tmp_path), str(tmp_path / "out"), "--workers", "0").code == 2
