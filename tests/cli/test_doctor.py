"""`x2face doctor` says what is there, what is not, and what would do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from x2face_cli import health


def test_it_reports_each_thing_that_x2face_needs(x2face: Callable) -> None:
    said = x2face("doctor", "--json")
    names = {finding["name"] for finding in json.loads(said.out)}
    assert {"python", "torch", "device", "precision", "films", "faces", "weights", "landmarks", "plugins"} <= names


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
    said = x2face("doctor")
    assert said.code == 5
    (line,) = [line for line in said.out.splitlines() if line.startswith("fail")]
    assert "weights" in line and "install x2face anew" in line


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
