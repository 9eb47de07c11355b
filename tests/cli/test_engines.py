"""`--engine` on the command line and in Python: what is taken is said, what cannot be had is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import x2face
from x2face_cli.app import main
from x2face_lab.demo.inputs import FILM, PICTURE

pytestmark = pytest.mark.weights


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*more: str) -> int:
    return main(["run", "-q", "-s", str(PICTURE), "--frame", str(FILM), "--seconds", "0.2", "-o", "out.mp4", *more])


def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("x2face_core.engines.interface.find_spec", lambda name: object() if name == "torch" else None)


@pytest.mark.parametrize(("bf16", "dtype"), [(True, "bf16"), (False, "fp32")])
def test_without_extras_auto_is_torch_and_leaves_nothing_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bf16: bool, dtype: str
) -> None:
    without_extras(monkeypatch)
    monkeypatch.setattr("x2face_core.engines.choosing.multiplies_bf16", lambda: bf16)
    assert run("--json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["engine"], report["dtype"], report["device"]) == ("torch", dtype, "cpu")
    assert not (home / "home").exists()


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--engine", "openvino"], 3, "pip install 'x2face[openvino]'"),
        (["--engine", "onnxruntime"], 3, "pip install 'x2face[onnxruntime]'"),
        (["--dtype", "int8"], 3, "pip install 'x2face[onnxruntime]'"),
        (["--engine", "torch", "--dtype", "int8"], 2, "dtype int8: torch has fp32, bf16, fp16"),
        (["--engine", "tensorrt"], 2, "tensorrt"),
    ],
)
def test_what_cannot_be_had_is_one_line_and_no_film(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
    said: str,
) -> None:
    without_extras(monkeypatch)
    assert run(*more) == code
    error = capsys.readouterr().err.strip()
    assert said in error and len(error.splitlines()) == 1
    assert list(home.iterdir()) == []


@pytest.mark.engines
@pytest.mark.parametrize(("engine", "dtype"), [("openvino", "bf16"), ("onnxruntime", "int8")])
def test_a_film_by_another_engine_says_so(capsys: pytest.CaptureFixture[str], engine: str, dtype: str) -> None:
    assert run("--engine", engine, "--dtype", dtype, "--json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["engine"], report["dtype"], report["frames"]) == (engine, dtype, 5)


@pytest.mark.engines
def test_a_device_that_an_engine_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--engine", "openvino", "--device", "cuda:7") == 2
    assert "device cuda:7: openvino has none of this name here; usable: cpu" in capsys.readouterr().err


@pytest.mark.engines
def test_a_session_and_its_films_by_an_engine() -> None:
    session = x2face.Session.load(engine="onnxruntime", dtype="fp32")
    assert (session.model.engine, session.model.precision) == ("onnxruntime", "fp32")
    face = session.face(PICTURE, crop="none")
    vectors = face.vector + session.encode(session.face(PICTURE, crop="none").crops) * 0
    assert session.render(face, vectors).shape == (1, 256, 256, 3)


@pytest.mark.engines
def test_auto_takes_what_the_trial_found_fastest(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--engine", "auto", "--json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    (memory,) = (home / "home" / "cache" / "engines").glob("trials-*.json")
    trials = json.loads(memory.read_text())["trials"]
    best = max((one for one in trials if one["psnr"] >= 38), key=lambda one: one["fps"])
    if best["fps"] > 1.2 * trials[0]["fps"]:
        assert (report["engine"], report["dtype"]) == (best["engine"], best["precision"])
