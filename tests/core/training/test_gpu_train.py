"""The script that trains on a GPU at hand for minutes only, on a CPU: packed, trained, finished."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from x2face_core.training.checkpoint import CHECKPOINT, load_checkpoint
from x2face_core.weights import verify

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "gpu_train.py"
NEEDLESS = ("av", "dlib", "PIL", "sklearn", "skimage", "librosa", "click", "rich", "pluggy")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """here("pack", …) runs the script in this process."""

    def run(*words: object) -> None:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, words)])
        runpy.run_path(str(SCRIPT), run_name="__main__")

    return run


def ran(path: Path, *words: object) -> str:
    """What the script prints in a process of its own. path: goes before all that is installed"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), *sys.path])}
    line = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(line, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_it_packs_trains_without_the_media_libraries_and_finishes(
    face_folder: Path, tmp_path: Path, here: Callable[..., None]
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in NEEDLESS:
        (bare / f"{name}.py").write_text("raise ImportError('not on this machine')")
    here("pack", face_folder, tmp_path / "pack")
    options = ["--device", "cpu", "--batch", 4, "--minutes", 0.01, "--peak", 1, "--set", "optical=0"]
    output = ran(bare, "run", tmp_path / "pack", tmp_path / "out", *options, "--then", 1000)
    assert "48 and 12 frames on cpu" in output and "stopped" in output, "a later call takes over"
    stopped, _ = load_checkpoint(tmp_path / "out" / CHECKPOINT)
    output = ran(bare, "run", tmp_path / "pack", tmp_path / "out", *options, "--go-on")
    assert "samples/s" in output and "stopped" not in output
    assert load_checkpoint(tmp_path / "out" / CHECKPOINT)[0].keys() == stopped.keys()
    here("finish", tmp_path / "out", face_folder, tmp_path / "done.safetensors")
    info = verify(tmp_path / "done.safetensors")
    assert info.data == "8 clips of 4 people, 4 s: drawn 4 s" and info.recipe["samples"] > 0
