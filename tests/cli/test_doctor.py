"""`x2face doctor` says what is there, what is not, and what would do."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from x2face_cli import health, trials
from x2face_cli.findings import Finding


def test_it_reports_each_thing_that_x2face_needs(x2face: Callable) -> None:
    result = x2face("doctor", "--json")
    names = {finding["name"] for finding in json.loads(result.out)}
    assert {"python", "torch", "engines", "device", "precision", "weights", "plugins"} <= names
    assert {"films", "sound", "faces", "microphone", "landmarks"} <= names


def test_a_broken_plugin_is_a_warning(x2face: Callable, install: Callable) -> None:
    install("acme-broken", "raise SystemExit(1)")
    (finding,) = [one for one in health.check_plugins() if one.name == "plugin acme-broken"]
    assert finding.status == "warn" and "acme-broken 1.0: failed" in finding.says and finding.remedy


def test_broken_default_weights_fail_with_their_exit_code(
    x2face: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from x2face_core.weights import DEFAULT

    monkeypatch.setenv("X2FACE_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / f"{DEFAULT}.safetensors").write_text("not weights")
    result = x2face("doctor")
    assert result.code == 5
    (line,) = [line for line in result.out.splitlines() if line.startswith("fail")]
    assert "weights" in line and "install x2face anew" in line


def test_films_are_ok_once_they_were_written_and_read() -> None:
    (finding,) = trials.check_films()
    assert finding.status == "ok"
    assert finding.says.endswith("wrote and read .mp4, .webm")


def test_an_encoder_that_is_listed_and_does_not_write_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("x2face_lab.demo.inputs.SPEECH", tmp_path / "none.wav")
    found = {finding.name: finding for finding in trials.check_films()}
    assert found["encoder .mp4"].status == "fail" and found["encoder .mp4"].exit_code
    assert found["encoder .webm"].status == "warn"
    assert "films" not in found


def test_a_detector_that_finds_no_face_in_a_portrait_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "black.png")
    monkeypatch.setattr("x2face_lab.demo.inputs.PICTURE", tmp_path / "black.png")
    (finding,) = trials.check_faces()
    assert finding.status == "fail" and "finds no face" in finding.says and finding.remedy


def test_a_mesh_that_is_installed_and_cannot_be_used_is_a_warning(
    install: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("mediapipe", "", version="0.10.21")
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    (finding,) = trials.check_landmarks()
    assert finding.status == "warn" and "0.10.21 cannot be used" in finding.says and finding.remedy


@pytest.mark.landmarks
def test_the_mesh_is_ok_once_it_measured_a_face() -> None:
    (finding,) = trials.check_landmarks()
    assert finding.status == "ok" and "measured" in finding.says


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("processor : 0\nflags\t\t: fpu avx2 avx512_bf16\n", {"fpu", "avx2", "avx512_bf16"}),
        ("Features\t: fp asimd bf16\n", {"fp", "asimd", "bf16"}),
        ("", set()),
    ],
)
def test_the_processor_s_flags_are_read_where_the_system_tells_them(tmp_path: Path, text: str, flags: set[str]) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert health.cpu_flags(tmp_path / "cpuinfo") == flags
    assert health.cpu_flags(tmp_path / "none") == frozenset()


def test_what_the_machine_does_not_let_be_checked_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_films() -> Iterator[Finding]:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")
        yield

    monkeypatch.setattr(health, "CHECKS", (check_films, health.check_python))
    first, *others = health.examine()
    assert (first.name, first.status) == ("films", "warn") and "No usable temporary directory" in first.says
    assert [one.status for one in others] == ["ok", "ok"]


def test_a_user_without_a_home_folder_is_told_what_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("X2FACE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    (finding,) = [one for one in health.check_folders() if one.name == "home"]
    assert finding.status == "warn" and "set X2FACE_HOME" in finding.says


@pytest.mark.weights
def test_engines_are_tried_and_those_that_are_missing_named(
    x2face: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path))
    monkeypatch.setattr("x2face_core.engines.interface.find_spec", lambda name: object() if name == "torch" else None)
    said = x2face("doctor", "--engines", "--json")
    assert said.code == 0
    found = {one["name"]: one for one in json.loads(said.out)}
    assert found["torch fp32"]["trial"]["ratio"] == 1.0 and "the reference" in found["torch fp32"]["says"]
    bf16 = found["torch bf16"]
    assert bf16["status"] == "ok" and bf16["trial"]["passes"] and 45 <= bf16["trial"]["psnr"] < 70
    assert bf16["trial"]["fps"] > 0 and f"{bf16['trial']['psnr']:.1f} dB" in bf16["says"]
    for name, extra in (("openvino bf16", "openvino"), ("onnxruntime int8", "onnxruntime")):
        assert found[name]["status"] == "warn" and found[name]["trial"] == {}
        assert found[name]["remedy"] == f"`pip install 'x2face[{extra}]'` brings it"
    assert "takes torch in" in found["engine auto"]["says"]


def test_weights_are_for_engines(x2face: Callable) -> None:
    said = x2face("doctor", "--weights", "light-2")
    assert said.code == 2 and "--weights goes with --engines" in said.err


def test_what_fails_its_trial_is_a_warning() -> None:
    from x2face_cli.engine_checks import _tried
    from x2face_core.engines.trial import Trial

    wrong = Trial(engine="openvino", precision="int8", psnr=30.0, worst=25.0, fps=100.0, ratio=2.0)
    finding = _tried(wrong)
    assert (finding.status, finding.remedy) == ("warn", "auto leaves it out")
    assert "30.0 dB, worst frame 25.0 dB, less than 38; 100 frames/s, 2.00 times" in finding.says
    failed = _tried(Trial(engine="openvino", precision="int8", error="engine openvino: cannot compute"))
    assert (failed.status, failed.says) == ("warn", "engine openvino: cannot compute")
