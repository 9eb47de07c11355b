"""No output takes the place of a file that the run has read, by whatever name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting, refuse_read
from x2face_core.files.placing import atomic_file, readable_file


def by_name(path: Path) -> None:
    path.read_text()


def by_handle(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.close(handle)


def by_link(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    link.read_bytes()


def by_hard_link(path: Path) -> None:
    link = path.with_name("hard link")
    os.link(path, link)
    link.read_bytes()


def for_a_library(path: Path) -> None:
    readable_file(path)


@pytest.mark.parametrize("read", [by_name, by_handle, by_link, by_hard_link, for_a_library])
def test_a_file_that_was_read_is_not_replaced(tmp_path: Path, read: Callable[[Path], None]) -> None:
    path = tmp_path / "take.mp4"
    path.write_text("a recording")
    with noting():
        read(path)
        with pytest.raises(UsageError, match="is one of the files that this run reads"), atomic_file(path) as hidden:
            hidden.write_text("a film")
    assert path.read_text() == "a recording"


def test_a_folder_that_holds_one_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "000003.png").write_text("a layer")
    with noting():
        (tmp_path / "000003.png").read_text()
        with pytest.raises(UsageError, match=r"000003\.png"):
            refuse_read(tmp_path)


def test_a_file_that_was_only_written_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with noting():
        path.write_text("first")
        refuse_read(path)


def test_what_was_read_before_or_after_a_run_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("a film")
    path.read_text()
    with noting():
        refuse_read(path)
        path.read_text()
    refuse_read(path)


def test_of_two_runs_at_once_each_keeps_what_the_other_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("a film")
    with noting():
        path.read_text()
        with noting(), pytest.raises(UsageError):
            refuse_read(path)
