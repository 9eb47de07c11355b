"""`x2face table baselines`: on drawn people, with tiny networks and landmarks of labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from x2face_baselines.cyclegan import CycleGANSettings
from x2face_core.errors import MissingError

from ..tiny_weights import save_tiny


@pytest.fixture
def line(face_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command line; no face mesh, which finds no drawn faces, and CycleGANs of a side of 16 pixels."""

    def without_mesh() -> None:
        raise MissingError("landmarks need mediapipe's face mesh.")

    monkeypatch.setattr("x2face_lab.comparison.marks.MeshMarks", without_mesh)
    monkeypatch.setattr("x2face_lab.evaluation.readers.MeshReader", without_mesh)
    monkeypatch.setattr(
        "x2face_baselines.cyclegan.CycleGANSettings", lambda steps: CycleGANSettings(16, steps, width=2, blocks=1)
    )
    weights = str(save_tiny(tmp_path, "one", moving=0.05, reading=True))
    return ["table", "baselines", "--data", str(face_folder), "--split", "train", "--weights", weights, "--steps", "2"]


def test_all_methods_are_measured_on_the_same_films(
    line: list[str], x2face: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr("x2face_lab.tables.baselines.LEAST", 8)
    result = x2face(*line, "--frames", "10", "--people", "2", "--models", str(kept), "--json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert [row["method"] for row in found["rows"]] == [
        "copying the source", "x2face", "x2face, absolute", "landmark warp", "landmark warp + hidden regions",
        "CycleGAN",
    ]  # fmt: skip
    assert (found["people"], found["landmarks_by"], found["pairs"]) == (2, "labels", [["p0", "p1"]])
    rows = {row["method"]: row for row in found["rows"]}
    assert rows["copying the source"]["identity"] == 1 and rows["copying the source"]["aed"] == 0
    assert len({row["l1"] for row in found["rows"]}) >= 4
    assert len(list(kept.iterdir())) == 1
    again = x2face(*line, "--frames", "10", "--people", "2", "--models", str(kept), "--method", "cyclegan")
    assert again.code == 0 and len(list(kept.iterdir())) == 1
    head, row, driving = again.out.splitlines()
    assert head.split()[0] == "method" and row.split()[0] == "CycleGAN" and driving.startswith("the driving films")
    assert row.split()[1] == f"{rows['CycleGAN']['l1']:.4f}"


def test_what_is_wrong_is_one_line(line: list[str], x2face: Callable, tmp_path: Path) -> None:
    for options, code, named in (
        (["--data", str(tmp_path / "none")], 3, "no such folder"),
        (["--split", "test"], 3, "two are needed"),
        (["--people", "1"], 2, "--people"),
        (["--method", "gan"], 2, "--method"),
        (["--weights", "nobody"], 5, "no weights of this name"),
    ):
        result = x2face(*line, *options)
        assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1), result.err
        assert named in result.err
