"""`x2face train`: its options, its errors, and that nothing kills a run for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TINY = {"side": 32, "flow_side": 16, "width": 4, "vector": 16, "batch": 4, "every": 2, "dtype": "fp32"}


def settings(**changed: object) -> list[str]:
    return [f"--set={key}={value}" for key, value in (TINY | changed).items()]


@pytest.fixture
def line(face_folder: Path, tmp_path: Path) -> list[str]:
    """A command line but for how long."""
    return ["train", str(tmp_path / "run"), "--data", str(face_folder), "--recipe", "photometric", *settings()]


def test_training_says_where_the_weights_are_and_what_they_are_worth(
    x2face: Callable, line: list[str], tmp_path: Path
) -> None:
    result = x2face(*line, "--steps", "2")
    assert result.code == 0, result.err
    assert result.out == f"{tmp_path / 'run' / 'weights.safetensors'}\n"
    assert "starting with step 0" in result.err
    assert "on people it has not seen: L1 to copying the source " in result.err
    assert "nan" not in result.err


def test_the_same_line_goes_on_and_fresh_starts_over(x2face: Callable, line: list[str]) -> None:
    x2face(*line, "--steps", "2")
    assert "going on at step 2" in x2face(*line, "--steps", "3").err
    assert "starting with step 0" in x2face(*line, "--steps", "1", "--fresh").err


def test_weights_name_the_preset_they_were_asked_for(x2face: Callable, line: list[str], tmp_path: Path) -> None:
    from x2face_core.weights import read_info

    x2face(*line, "--steps", "1", "--preset", "paper")
    info = read_info(tmp_path / "run" / "weights.safetensors")
    assert (info.preset, info.dims["padding"], info.dims["confidence"]) == ("paper", "zeros", True)


def test_minutes_are_a_length_too(x2face: Callable, line: list[str]) -> None:
    from x2face_core.training.checkpoint import load_checkpoint

    assert x2face(*line, "--minutes", "0.002").code == 0
    _, state = load_checkpoint(Path(line[1]) / "checkpoint.safetensors")
    assert state.seconds >= 0.12


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        ([], 2, "--minutes M or --steps N"),
        (["--steps", "2", "--minutes", "1"], 2, "one of them"),
        (["--steps", "0"], 2, "steps"),
        (["--steps", "2", "--set", "lr"], 2, "--set lr: expected KEY=VALUE"),
        (["--steps", "2", "--set", "lr=fast"], 2, "--set lr=fast: expected a number"),
        (["--steps", "2", "--set", "guidance=3"], 2, "the recipe photometric has no 'guidance'"),
        (["--steps", "2", "--set", "side=100"], 2, "side is 100"),
        (["--steps", "2", "--recipe", "secret"], 2, "secret"),
    ],
)
def test_wrong_options_are_one_line(
    x2face: Callable, line: list[str], tmp_path: Path, options: list[str], code: int, named: str
) -> None:
    result = x2face(*line, *options)
    assert result.code == code
    assert result.err.startswith("x2face: error: ")
    assert named in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("table", "named"),
    [
        (None, "holds no clips.csv"),
        ("clip,identity,seconds,frames,split\na.mp4,p,1,25,trial\n", "split is 'trial'"),
        ("clip,identity,seconds,frames,split\na.mp4,p,1,25,train\n", "holds no labels.npz"),
    ],
)
def test_unfit_data_is_one_line_and_leaves_nothing(
    x2face: Callable, tmp_path: Path, table: str | None, named: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    if table:
        (data / "clips.csv").write_text(table)
    result = x2face("train", str(tmp_path / "run"), "--data", str(data), "--steps", "2", *settings())
    assert (result.code, result.out) == (3, "")
    assert named in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_that_does_not_fit_is_one_line(x2face: Callable, line: list[str]) -> None:
    x2face(*line, "--steps", "1")
    result = x2face(*line, "--steps", "2", "--set", "width=8")
    assert result.code == 5
    assert "differ in width; --fresh starts over" in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.slow
def test_a_killed_run_goes_on_by_the_same_line(line: list[str], tmp_path: Path) -> None:
    from x2face_core.training.checkpoint import load_checkpoint

    steps = 40
    command = [sys.executable, "-m", "x2face_cli", *line, "--set=checkpoint_minutes=0", "--steps", str(steps)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    checkpoint = tmp_path / "run" / "checkpoint.safetensors"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) as killed:
        try:
            while not checkpoint.exists() and killed.poll() is None:
                time.sleep(0.02)
        finally:
            killed.kill()
    assert killed.returncode == -signal.SIGKILL
    _, state = load_checkpoint(checkpoint)
    assert 1 <= state.step < steps

    again = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
    assert again.returncode == 0, again.stderr[-2000:]
    assert f"going on at step {state.step}," in again.stderr
    _, finished = load_checkpoint(checkpoint)
    assert (finished.step, finished.samples) == (steps, 4 * steps)
    assert again.stdout == f"{tmp_path / 'run' / 'weights.safetensors'}\n"


@pytest.mark.weights
def test_the_second_stage_says_in_one_line_what_it_lacks(x2face: Callable, line: list[str], tmp_path: Path) -> None:
    second = [*line[:4], "--recipe", "identity", "--steps", "2"]
    for options, code, named in (
        ([], 2, "say whose, --from WEIGHTS"),
        (["--from", "nothing"], 5, "'nothing': no weights of this name"),
        (["--from", "light-2", "--identity", "nobody"], 5, "'nobody': no identity network of this name"),
        (["--from", "light-2", "--identity", "vgg.t7"], 5, "vgg.t7: no such identity network"),
    ):
        result = x2face(*second, *options)
        assert result.code == code, result.err
        assert named in result.err
        assert len(result.err.splitlines()) == 1
    result = x2face(*line, "--steps", "2", "--identity", "x.safetensors")
    assert (result.code, "--recipe identity does" in result.err) == (2, True)
    assert not (tmp_path / "run").exists()
