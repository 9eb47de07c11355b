"""What a killed process leaves is gone after the next run; what a living one is at work on stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from x2face_core.files.locking import locked
from x2face_core.files.temporary import remove_abandoned, remove_unfinished, temporary_folder

WORK = """
import sys, time
from pathlib import Path
from x2face_core.files.temporary import temporary_folder
with temporary_folder(Path(sys.argv[1])) as made:
    (made / "half.mp4").write_text("half")
    print("ready", flush=True)
    time.sleep(3600)
"""


@contextmanager
def at_work(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the midst of writing something to a folder."""
    with subprocess.Popen([sys.executable, "-c", WORK, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="without such locks nobody knows whose it is")
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_makes_is_not(tmp_path: Path) -> None:
    with at_work(tmp_path) as process:
        (made,) = tmp_path.iterdir()
        remove_abandoned(tmp_path)
        assert (made / "half.mp4").exists()
        process.kill()
        process.wait()
        remove_abandoned(tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_the_next_output_in_a_folder_sweeps_it(tmp_path: Path) -> None:
    (tmp_path / ".x2face-0123abcd.mp4").write_text("left by an earlier version")
    (tmp_path / ".x2face-k3_x9a2b").mkdir()
    with temporary_folder(tmp_path) as made:
        assert list(tmp_path.iterdir()) == [made]
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_called_like_ours_is_swept(tmp_path: Path) -> None:
    kept = [".x2face-notes and more.txt", ".x2face", "x2face-0123abcd.mp4", ".x2face-0123abcd-old", ".hidden"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".x2face-01234567").symlink_to(tmp_path / ".hidden")
    remove_abandoned(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, ".x2face-01234567"])


def test_a_process_that_ends_at_once_takes_all_it_is_at_work_on_with_it(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as made:
        (made / "half.mp4").write_text("half")
        remove_unfinished()
        assert list(tmp_path.iterdir()) == []


def test_one_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    with locked(tmp_path) as first, locked(tmp_path) as second:
        assert (first, second) == ("us", "others")
    with locked(tmp_path) as again:
        assert again == "us"
