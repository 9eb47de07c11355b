"""`x2face evaluate` on drawn people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from x2face_cli.app import main
from x2face_lab.evaluation.measured import rows

pytestmark = pytest.mark.weights


def test_json_is_one_line_and_the_sheet_is_kept(
    face_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", "--data", str(face_folder), "--split", "train", "--limit", "1", "--json"]
    assert main([*line, "-o", str(tmp_path / "kept")]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["ratio_1"] > 0
    assert figures == json.loads((tmp_path / "kept" / "figures.json").read_text())
    assert (tmp_path / "kept" / "across.png").stat().st_size > 1000


def test_the_table_names_what_it_shows(face_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(face_folder)]) == 0
    result = capsys.readouterr()
    assert "ratio to copying, one source" in result.out
    assert "audio is not measured" in result.err  # the drawn people keep silent


def test_every_figure_has_its_row() -> None:
    figures = dict.fromkeys(("l1_1", "l1_3", "copy_1", "copy_3", "ratio_1", "ratio_3", "gain_3", "psnr", "ssim"), 0.5)
    sure = {"ratio_1_by_person": 0.6, "ratio_1_by_person_interval": [0.55, 0.65]}
    bare = rows({"clips": 3, "people": 2, **figures, **sure})
    assert bare[0] == ("clips, people", "3, 2")
    assert bare[1] == ("ratio to copying, one source", "0.6000 (0.5500 to 0.6500) by person, 0.5000 by frame")
    assert ("L1, one source", "0.5000") in bare
    more = {
        "ratio_1_moving_by_person": 0.55,
        "moving_people": 1,
        "regions_by_person": {"near": {"l1": 0.07, "copy": 0.1}},
        "across_slopes": {"eye_left": {"r": 0.5, "slope": 0.2}, "gaze_x": {"r": 0.1, "slope": 0.0}},
        "across_interval": {"eye_left": {"r": [0.4, 0.6], "slope": [0.1, 0.3]}},
        "across_read_by": "mesh",
        "pose_by_person": {"mae": [1, 2, 3], "mae_of_mean": [4, 5, 6], "r2": [0.7, 0.8, 0.9]},
        "control": {"yaw": {"slope": 0.81, "r": 0.99, "spill": 0.12}},
        "audio": {"r": 0.61, "amplitude": 1.02, "lag": 0, "sync": {"exact": {"real": 0.3, "generated": 0.2}}},
        "identity": {"nearer_source": 1.0, "to_source": 1.5, "to_driver": 3.8, "apart": 4.1, "leak": 0.1},
    }
    shown = dict(rows({"clips": 3, "people": 2, **figures, **more}))
    assert shown["ratio to copying, one source, 1 people who move"] == "0.5500"
    assert shown["L1 near, of copying, by person"] == "0.0700, 0.1000"
    assert shown["across people, eye_left: r, slope (mesh)"] == "0.50 (0.40 to 0.60), 0.20 (0.10 to 0.30)"
    assert shown["across people, gaze_x: r, slope (mesh)"] == "0.10, 0.00"
    assert shown["pitch read from v, by person: MAE, that of the mean (degrees), R2"] == "2.00, 5.00, 0.80"
    assert shown["yaw asked for and seen: slope, r, spill"] == "0.81, 0.99, 0.12"
    assert shown["mouth by speech: r, that of others' speech"] == "0.61, –"
    assert shown["in sync to the frame: real, generated, chance"] == "0.30, 0.20, –"
    assert shown["face shape: to source, to driver, between them (%)"] == "1.50, 3.80, 4.10"


def test_without_data_it_says_what_it_needs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("X2FACE_DATA", raising=False)
    assert main(["evaluate"]) == 2
    assert "--data DIR" in capsys.readouterr().err


def test_a_folder_without_tracks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(tmp_path)]) == 3
    assert "clips.csv" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["figures.json", "across.png"])
def test_files_of_something_else_are_not_replaced(
    face_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_text('{"mine": 1}')
    assert main(["evaluate", "--data", str(face_folder), "-o", str(tmp_path)]) == 2
    assert f"{name} is there and not of an earlier evaluation" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == '{"mine": 1}'
    (tmp_path / "file").touch()
    assert main(["evaluate", "--data", str(face_folder), "-o", str(tmp_path / "file" / "kept")]) == 2
