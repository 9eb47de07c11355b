"""`x2face evaluate` on drawn people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from x2face_cli.app import main

pytestmark = pytest.mark.weights


def test_json_is_one_line_and_the_sheet_is_kept(
    face_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["evaluate", "--data", str(face_folder), "--json", "-o", str(tmp_path / "kept"), "--split", "train"]) == 0
    )
    figures = json.loads(capsys.readouterr().out)
    assert figures["ratio_1"] > 0
    assert figures == json.loads((tmp_path / "kept" / "figures.json").read_text())
    assert (tmp_path / "kept" / "across.png").stat().st_size > 1000


def test_the_table_names_what_it_shows(face_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(face_folder)]) == 0
    assert "ratio to copying, one source" in capsys.readouterr().out


def test_without_data_it_says_what_it_needs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("X2FACE_DATA", raising=False)
    assert main(["evaluate"]) == 2
    assert "--data DIR" in capsys.readouterr().err


def test_a_folder_without_tracks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(tmp_path)]) == 3
    assert "clips.csv" in capsys.readouterr().err
