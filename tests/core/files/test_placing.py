"""Outputs appear whole or not at all, and never in the place of something else."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from x2face_core.errors import InputError, UsageError
from x2face_core.files.placing import atomic_file, atomic_folder, readable_file, resolved


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, count: int, what: str = "new") -> None:
    for k in range(count):
        (folder / f"{k:06d}.png").write_text(what)


def no_links(*given: object, **more: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "no links"])
def either_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks with hard links, and those without, such as FAT."""
    if request.param == "no links":
        monkeypatch.setattr("os.link", no_links)


@pytest.mark.usefixtures("either_disk")
def test_a_file_gets_its_name_when_it_is_done(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a.txt", overwrite=False) as hidden:
        hidden.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.usefixtures("either_disk")
def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(UsageError, match="meanwhile .* --overwrite"), atomic_file(path, overwrite=False) as hidden:
        hidden.write_text("new")
        path.write_text("somebody's")
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "somebody's"


def test_a_file_that_is_there_is_replaced_where_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with atomic_file(tmp_path / "a.txt") as hidden:
        hidden.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "far" / "a.txt")
    with atomic_file(tmp_path / "link.txt") as hidden:
        hidden.write_text("new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "far" / "a.txt").read_text() == "new"
    assert names(tmp_path / "far") == ["a.txt"]


def test_names_as_long_as_a_disk_takes_are_written(tmp_path: Path) -> None:
    name = "n" * 251 + ".txt"
    with atomic_file(tmp_path / name) as hidden:
        hidden.write_text("new")
    assert names(tmp_path) == [name]


def test_a_name_that_is_too_long_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="File name too long.*shorter name"), atomic_file(tmp_path / ("n" * 300)):
        pytest.fail("there is nowhere to write to")


def test_nothing_is_left_where_anything_goes_wrong(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "a.txt") as hidden:
        hidden.write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_a_folder_of_pictures_gets_its_name_when_it_is_done(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "f", overwrite=False) as hidden:
        fill(hidden, 2)
        assert not (tmp_path / "f").exists()
    assert names(tmp_path) == ["f"] and names(tmp_path / "f") == ["000000.png", "000001.png"]


def test_a_folder_that_is_there_stays_itself(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir(mode=0o700)
    fill(tmp_path / "f", 5, "old")
    before = (tmp_path / "f").stat()
    with atomic_folder(tmp_path / "f") as hidden:
        fill(hidden, 2)
    after = (tmp_path / "f").stat()
    assert (after.st_ino, stat.S_IMODE(after.st_mode)) == (before.st_ino, 0o700)
    assert names(tmp_path / "f") == ["000000.png", "000001.png"]
    assert (tmp_path / "f" / "000001.png").read_text() == "new"


def test_pictures_that_appear_in_a_folder_meanwhile_stay(tmp_path: Path) -> None:
    for there in (True, False):
        place = tmp_path / f"f{there}"
        if there:
            place.mkdir()
        with pytest.raises(UsageError, match="appeared meanwhile"), atomic_folder(place, overwrite=False) as hidden:
            fill(hidden, 1)
            place.mkdir(exist_ok=True)
            fill(place, 1, "somebody's")
        assert names(place) == ["000000.png"] and (place / "000000.png").read_text() == "somebody's"


def test_other_files_that_appear_in_a_folder_stop_its_replacement(tmp_path: Path) -> None:
    fill(tmp_path, 3, "old")
    with pytest.raises(UsageError, match=r"notes\.txt"), atomic_folder(tmp_path) as hidden:
        fill(hidden, 1)
        (tmp_path / "notes.txt").write_text("mine")
    assert names(tmp_path) == ["000000.png", "000001.png", "000002.png", "notes.txt"]
    assert (tmp_path / "000000.png").read_text() == "old"


def test_a_folder_called_like_a_picture_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "f" / "000000.png").mkdir(parents=True)
    with pytest.raises(UsageError, match="other files"), atomic_folder(tmp_path / "f") as hidden:
        fill(hidden, 1)
    assert (tmp_path / "f" / "000000.png").is_dir()


def test_old_pictures_come_back_where_new_ones_cannot_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 3, "old")
    real, moved = os.link, []

    def refuse_the_second(made: Path, place: Path) -> None:
        moved.append(place)
        if len(moved) > 1:
            raise OSError(errno.EIO, "Input/output error")
        real(made, place)

    monkeypatch.setattr("os.link", refuse_the_second)
    with pytest.raises(UsageError, match="Input/output error"), atomic_folder(tmp_path) as hidden:
        fill(hidden, 4)
    assert [(path.name, path.read_text()) for path in sorted(tmp_path.iterdir())] == [
        (f"{k:06d}.png", "old") for k in range(3)
    ]


def test_pipes_devices_and_sockets_are_neither_read_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name has to be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for path, kind in (("pipe", "a pipe"), ("socket", "a socket"), ("/dev/zero", "a device")):
            with pytest.raises(InputError, match=f"is {kind}, a file is needed"):
                readable_file(path)
            with pytest.raises(UsageError, match=f"is {kind}, not a file"):
                resolved(path)


def test_a_quoted_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("here")
    assert readable_file("~/a.txt") == tmp_path / "a.txt"
    assert resolved("~/b.txt") == tmp_path / "b.txt"


def test_a_disk_that_is_found_to_be_full_at_last_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (tmp_path / "a.txt").write_text("old")
    with (
        pytest.raises(UsageError, match="No space left on device.*free some space"),
        atomic_file(tmp_path / "a.txt") as new,
    ):
        new.write_text("new")
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old"
