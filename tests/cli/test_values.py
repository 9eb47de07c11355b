"""What a word of the command line may be: refused where it is parsed, exit 2, one line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from x2face_core.data.preparing.inputs import list_inputs
from x2face_core.errors import InputError

RUN = ("run", "-s", "a.png", "--driver", "idle", "-o", "o.mp4")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("run", "-s", "", "--driver", "idle", "--seconds", "1"), "is empty"),
        (("run", "-s", "a.png", "--frame", ""), "is empty"),
        (("run", "-s", "a.png", "--audio", ""), "is empty"),
        ((*RUN, "--seconds", "1", "-o", ""), "is empty"),
        ((*RUN, "--sound", ""), "is empty"),
        ((*RUN, "--embedded", ""), "is empty"),
        (("embed", "-s", ""), "is empty"),
        (("train", "", "--data", "tracks", "--steps", "1"), "is empty"),
        (("prepare", "films", ""), "is empty"),
        (("run", "-s", "a.png", "--audio"), "'--audio' requires an argument"),
        (("run", "-s", "a.png", "--frame", "f.mp4", "--frame-zero"), "'--frame-zero' requires an argument"),
        ((*RUN, "--seconds", "1e19"), "1e+19 is not in the range"),
        ((*RUN, "--seconds", "1e308"), "is not in the range"),
        ((*RUN, "--seconds", "nan"), "nan"),
        ((*RUN, "--seconds", "-1"), "is not in the range"),
        ((*RUN, "--seconds", "1", "--seed", "-1"), "-1 is not in the range"),
        ((*RUN, "--seconds", "1", "--seed", "1" * 5000), "is not a valid integer"),
        ((*RUN, "--seconds", "1", "--crop-scale", "nan"), "no finite number"),
        (("train", "out", "--data", "tracks", "--minutes", "nan"), "no finite number"),
        (("train", "out", "--data", "tracks", "--minutes", "inf"), "is not in the range"),
        (("train", "out", "--data", "tracks", "--steps", "9" * 30), "too large"),
        (("train", "out", "--data", "tracks", "--steps", "1", "--set", "lr=1e30"), "lr is 1e+30"),
        (("prepare", "films", "tracks", "--workers", "1000000"), "is not in the range"),
        (("run", "-s", "a.png", "--driver", "pose", "--pose-yaw", "0:9", "--pose-seconds", "1e19"), "not in the range"),
    ],
)
def test_what_nobody_can_mean_is_refused_at_once(
    x2face: Callable[..., Any], words: tuple[str, ...], result: str
) -> None:
    answer = x2face(*words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("x2face: error: ") and result in answer.err


@pytest.mark.parametrize("words", [("--audio=-x.wav",), ("--audio", "-x.wav")])
def test_a_value_that_begins_with_a_dash_is_a_value(x2face: Callable[..., Any], words: tuple[str, ...]) -> None:
    Path("a.png").touch()
    answer = x2face("run", "-s", "a.png", *words, "-o", "o.mp4")
    assert answer.code == 3 and "-x.wav: there is no such file" in answer.err


def test_a_quoted_tilde_is_the_home_folder(
    x2face: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    answer = x2face("train", "~/out", "--data=~/tracks", "--steps", "1")
    assert answer.code == 3 and f"{tmp_path}/tracks: no such folder" in answer.err
    answer = x2face("run", "-s", "a.png", "--audio=~/a.wav", "-o", "o.mp4")
    assert answer.code == 3 and f"{tmp_path}/a.wav: there is no such file" in answer.err
    assert x2face("weights", "info", "~nobody").code == 5


@pytest.mark.parametrize("command", [("check",), ("rerun",), ("batch",), ("embed", "-s"), ("prepare",)])
def test_a_file_that_may_not_be_read_is_exit_3(
    x2face: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    Path("locked.png").write_bytes(b"mine")
    access = os.access
    monkeypatch.setattr(
        "os.access", lambda path, *mode, **more: Path(path).name != "locked.png" and access(path, *mode, **more)
    )
    result = x2face(*command, "locked.png", *(["out"] if command == ("prepare",) else []))
    assert (result.code, result.out, result.err.count("x2face: error: ")) == (3, "", 1)


def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "films").mkdir()
    monkeypatch.setattr("x2face_core.data.preparing.inputs.os.scandir", refused)
    with pytest.raises(InputError, match="films: cannot be read \\(Permission denied\\)"):
        list_inputs(tmp_path / "films", tmp_path / "out")
