"""`x2face train identity`: its options and errors; training itself is tested with the core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TINY = {"side": 32, "width": 2, "descriptor": 4, "batch": 4, "every": 2, "frames": 4, "dtype": "fp32"}


@pytest.fixture
def line(face_folder: Path, tmp_path: Path) -> list[str]:
    settings = [f"--set={key}={value}" for key, value in TINY.items()]
    return ["train", "identity", str(tmp_path / "who"), "--data", str(face_folder), *settings]


def test_training_says_where_the_network_is_and_what_it_is_worth(
    x2face: Callable, line: list[str], tmp_path: Path
) -> None:
    result = x2face(*line, "--steps", "2")
    assert (result.code, result.out) == (0, f"{tmp_path / 'who' / 'identity.safetensors'}\n")
    assert "starting with step 0" in result.err
    assert "the split val shows one person only" in result.err
    assert "going on at step 2" in x2face(*line, "--steps", "3").err


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        ([], 2, "--minutes M or --steps N"),
        (["--steps", "2", "--set", "guidance=1"], 2, "has no 'guidance'"),
        (["--steps", "2", "--set", "side=100"], 2, "a multiple of 32"),
        (["--steps", "2", "--set", "singles=2"], 2, "singles is 2"),
        (["--steps", "2", "--from", "nobody"], 5, "no identity network of this name"),
        (["--steps", "2", "--from", "no.safetensors"], 5, "no such identity network"),
    ],
)
def test_wrong_options_are_one_line(
    x2face: Callable, line: list[str], tmp_path: Path, options: list[str], code: int, named: str
) -> None:
    result = x2face(*line, *options)
    assert result.code == code
    assert named in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "who").exists()
