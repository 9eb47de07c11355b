"""The script that trains on a GPU at hand for minutes only, on a CPU: packed, trained, finished."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from x2face_core.training import engine
from x2face_core.training.checkpoint import CHECKPOINT, RunState, load_checkpoint
from x2face_core.training.engine import Trainer, learning_rate
from x2face_core.training.recipes import Recipe
from x2face_core.weights import verify

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "gpu_train.py"
NEEDLESS = ("av", "dlib", "PIL", "sklearn", "skimage", "librosa", "click", "rich", "pluggy")


@pytest.fixture
def progresses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The progress by which each step's learning rate is chosen."""
    found: list[float] = []

    def noted(recipe: Recipe, state: RunState, progress: float) -> float:
        found.append(progress)
        return learning_rate(recipe, state, progress)

    monkeypatch.setattr(engine, "learning_rate", noted)
    return found


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """here("pack", …) runs the script in this process."""

    def run(*words: object) -> None:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, words)])
        runpy.run_path(str(SCRIPT), run_name="__main__")

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


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
    output = ran(bare, "run", tmp_path / "pack", tmp_path / "out", *options)
    assert "48 and 12 frames on cpu" in output and "samples/s" in output and "stopped" not in output
    here("finish", tmp_path / "out", face_folder, tmp_path / "done.safetensors")
    info = verify(tmp_path / "done.safetensors")
    assert info.data == "8 clips of 4 people, 4 s: drawn 4 s" and info.recipe["samples"] > 0


@pytest.mark.slow
def test_two_calls_share_one_schedule(
    face_folder: Path,
    tmp_path: Path,
    here: Callable[..., None],
    progresses: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    here("pack", face_folder, tmp_path / "pack")
    options = ["--device", "cpu", "--batch", 2, "--set", "optical=0", "--reserve", 0]
    here("run", tmp_path / "pack", tmp_path / "out", *options, "--minutes", 0.001, "--then", 0.1)
    assert progresses == [0] and "stopped at " in capsys.readouterr().out
    _, state = load_checkpoint(tmp_path / "out" / CHECKPOINT)
    assert state.step == 1 and "held_ratio" in state.history[-1]
    here("run", tmp_path / "pack", tmp_path / "out", *options, "--minutes", 0.1, "--go-on")
    assert "stopped" not in capsys.readouterr().out
    assert len(progresses) > 2 and progresses[1] > 0 and progresses[-1] > 0.5, "it goes on at the first call's end"
    assert progresses == sorted(progresses)


@pytest.mark.slow
def test_a_signal_ends_it_after_the_step_with_checkpoint_and_weights(
    face_folder: Path, tmp_path: Path, here: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    here("pack", face_folder, tmp_path / "pack")
    ordinary = Trainer.step

    def interrupted(trainer: Trainer, progress: float) -> dict[str, torch.Tensor]:
        signal.raise_signal(signal.SIGTERM)
        return ordinary(trainer, progress)

    monkeypatch.setattr(Trainer, "step", interrupted)
    options = ["--device", "cpu", "--batch", 2, "--set", "optical=0", "--minutes", 100]
    with pytest.raises(SystemExit, match="1"):
        here("run", tmp_path / "pack", tmp_path / "out", *options)
    assert load_checkpoint(tmp_path / "out" / CHECKPOINT)[1].step == 1
    assert verify(tmp_path / "out" / "weights.safetensors").recipe["steps"] == 1
