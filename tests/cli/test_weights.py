"""`x2face weights` tells what is known of weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights called own, which any command finds by that name."""
    import torch

    from x2face_core.weights import save_weights

    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path))
    info: dict[str, Any] = {"name": "own", "preset": "light", "dims": {"side": 32}, "data": "nothing"}
    info["parameters"] = {"embedding": 1_500_000, "driving": 500_000}
    save_weights(folder / "own.safetensors", {"driving.encoder.0": torch.arange(6.0).reshape(2, 3)}, info)
    return folder / "own.safetensors"


def test_the_published_networks_are_counted_without_weights(x2face: Callable) -> None:
    about = json.loads(x2face("weights", "info", "paper", "--json").out)
    assert about["parameters"] == {"embedding": 39_157_760, "driving": 25_614_080}
    assert (about["name"], about["preset"], about["sha256"]) == ("paper", "paper", None)


def test_info_of_a_name_and_of_its_file_are_the_same(x2face: Callable, own: Path) -> None:
    by_name = x2face("weights", "info", "own", "--json")
    about = json.loads(by_name.out)
    assert by_name == x2face("weights", "info", str(own), "--json")
    keys = {"name", "preset", "parameters", "fingerprint", "sha256", "recipe", "metrics", "data", "mappings"}
    assert keys <= about.keys() and about["name"] == "own"
    assert "fingerprint: " in x2face("weights", "info", "own").out


def test_the_list_has_a_user_s_own(x2face: Callable, own: Path) -> None:
    (line,) = [line for line in x2face("weights", "list").out.splitlines() if line.startswith("own ")]
    assert "2.0 M" in line and "nothing" in line


def test_weights_that_were_changed_are_not_whole(x2face: Callable, own: Path) -> None:
    assert x2face("weights", "verify", "own").code == 0
    content = bytearray(own.read_bytes())
    content[-1] ^= 1
    own.write_bytes(content)
    result = x2face("weights", "verify", str(own))
    assert (result.code, result.out) == (5, "") and result.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("info", "no-such"), ("verify", "no-such"), ("info", "{text}"), ("verify", "{text}")]
)
def test_weights_that_are_missing_or_something_else_are_code_5(
    x2face: Callable, tmp_path: Path, arguments: tuple[str, str]
) -> None:
    text = tmp_path / "text.safetensors"
    text.write_text("not weights")
    result = x2face("weights", *(part.format(text=text) for part in arguments))
    assert (result.code, result.out) == (5, "") and result.err.startswith("x2face: error: ")


def test_broken_weights_are_listed_and_stop_nothing(x2face: Callable, own: Path) -> None:
    (own.parent / "broken.safetensors").write_text("no weights")
    result = x2face("weights", "list")
    (line,) = [line for line in result.out.splitlines() if line.startswith("broken ")]
    assert result.code == 0 and "not a safetensors file" in line
    report = json.loads(x2face("weights", "list", "--json").out)
    statuses = {(one["name"], one["status"]) for one in report}
    assert statuses >= {("own", "ok"), ("broken", "failed"), ("light-1", "ok"), ("light-2", "ok")}
    (one,) = [one for one in report if one["name"] == "own"]
    assert one["parameters"] == {"embedding": 1_500_000, "driving": 500_000} and one["path"] == str(own)
