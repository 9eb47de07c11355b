from __future__ import annotations

from pathlib import Path

import pytest

from x2face_cli.app import main


def test_the_demo_refuses_a_file_as_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "demo"
    taken.write_text("mine")
    assert main(["demo", "-o", str(taken)]) == 2
    assert taken.read_text() == "mine"
    said = capsys.readouterr()
    assert said.out == "" and str(taken) in said.err


@pytest.mark.slow
@pytest.mark.weights
def test_the_demo_prints_its_films_and_makes_no_other_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "deep" / "demo"
    assert main(["demo", "-o", str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert {Path(line) for line in printed} == set(folder.iterdir())
    assert all(line.endswith(".mp4") for line in printed)
