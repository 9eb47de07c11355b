"""A run's folder is one run's, and nobody else's files are in its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from x2face_core.errors import UsageError
from x2face_core.training.checkpoint import CHECKPOINT
from x2face_core.training.run_folder import locked_run_folder


def test_of_two_runs_in_one_folder_the_second_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with locked_run_folder(out, first=True, fresh=False):
        for fresh in (False, True):
            with (
                pytest.raises(UsageError, match="another training run is at work"),
                locked_run_folder(out, first=True, fresh=fresh),
            ):
                pytest.fail("two runs have one folder")
        with locked_run_folder(out, first=False, fresh=False):  # another process of the same run
            pass
        (out / CHECKPOINT).touch()
    with locked_run_folder(out, first=True, fresh=False):
        pass


def test_a_folder_in_which_nothing_came_about_is_gone_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), locked_run_folder(tmp_path / "run", first=True, fresh=False):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with locked_run_folder(tmp_path, first=True, fresh=False):
        pass
    assert tmp_path.is_dir()


@pytest.mark.parametrize("name", ["weights.safetensors", "history.json", "curve.png", "sheet-0000100.png"])
def test_files_of_no_run_are_not_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with (
        pytest.raises(UsageError, match=f"{name} would be replaced"),
        locked_run_folder(tmp_path, first=True, fresh=False),
    ):
        pytest.fail("it would be replaced")
    with locked_run_folder(tmp_path, first=True, fresh=True):
        pass
    (tmp_path / CHECKPOINT).touch()
    with locked_run_folder(tmp_path, first=True, fresh=False):
        pass


def test_a_folder_below_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match="file/run: cannot be written"),
        locked_run_folder(tmp_path / "file" / "run", first=True, fresh=False),
    ):
        pytest.fail("there is no folder")
