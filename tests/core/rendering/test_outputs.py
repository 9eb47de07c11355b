"""Where a film may go, known before anything is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from x2face_core.errors import UsageError
from x2face_core.rendering.outputs import Output, default_name, named_files, resolve_file, resolve_output

SOURCE = Path("photo.jpg")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def film(text: str | None, *inputs: str, overwrite: bool = True) -> Output:
    return resolve_output(text, [SOURCE], "speech", overwrite=overwrite, inputs=[Path(one) for one in inputs])


def refused(match: str) -> Any:
    return pytest.raises(UsageError, match=match)


@pytest.mark.usefixtures("place")
def test_an_output_keeps_the_name_it_was_given() -> None:
    assert film("a/b.mp4", overwrite=False) == Output(Path("a/b.mp4").absolute(), False, False, "a/b.mp4")
    assert film("a/b/") == Output(Path("a/b").absolute(), True, True, "a/b")
    assert str(film(None)) == "outputs/photo--speech.mp4"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("text", ["http://host/x.webm", "rtmp://host/x.mp4", "file:///tmp/x.mp4", "S3://b/x.gif"])
def test_an_address_is_no_output(text: str) -> None:
    with refused("is an address, and outputs are files"):
        film(text)


@pytest.mark.usefixtures("place")
def test_a_colon_makes_no_address() -> None:
    assert film("take: 1/o.mp4").path == Path("take: 1/o.mp4").absolute()


def test_a_quoted_tilde_is_the_home_folder_in_every_check(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(place))
    (place / "film.mp4").touch()
    with refused("exists already"):
        film("~/film.mp4", overwrite=False)
    assert film("~/film.mp4").path == place / "film.mp4"
    assert resolve_file("~/m.x2v", ".x2v", overwrite=False, inputs=[]).path == place / "m.x2v"


def linked(path: Path) -> str:
    Path("link.mp4").symlink_to(path)
    return "link.mp4"


def hard_linked(path: Path) -> str:
    os.link(path, "other.mp4")
    return "other.mp4"


def roundabout(path: Path) -> str:
    Path("sub").mkdir()
    return f"sub/../{path.name}"


@pytest.mark.parametrize("named", [str, linked, hard_linked, roundabout])
def test_an_input_by_another_name_is_an_input(place: Path, named: Callable[[Path], str]) -> None:
    Path("take.mp4").write_text("a recording")
    with refused("is one of the inputs"):
        film(named(Path("take.mp4")), "photo.jpg", "take.mp4")


def test_a_folder_with_an_input_in_it_is_not_replaced(place: Path) -> None:
    (place / "frames").mkdir()
    (place / "frames" / "000003.png").touch()
    with refused("frames holds frames/000003.png"):
        film("frames/", "frames/000003.png")
    with refused("is one of the inputs"):
        film("frames/", "frames")


def test_a_picture_in_a_folder_that_is_an_input_is_one_too(place: Path) -> None:
    (place / "photos").mkdir()
    (place / "photos" / "a.png").touch()
    (place / "photos" / "a.mp4").touch()
    with refused("is one of the inputs"):
        resolve_file("photos/a.png", ".png", overwrite=True, inputs=[Path("photos")])
    assert film("photos/a.mp4", "photos")


def test_pipes_and_devices_are_no_outputs(place: Path) -> None:
    os.mkfifo("pipe.mp4")
    with refused("is a pipe, not a file"):
        film("pipe.mp4")
    Path("full.mp4").symlink_to("/dev/full")
    with refused("is a device, not a file"):
        film("full.mp4")


@pytest.mark.usefixtures("place")
def test_names_that_no_disk_takes_are_refused_at_once() -> None:
    with refused("File name too long.*choose a shorter name"):
        film("n" * 300 + ".mp4")
    with refused("null byte"):
        film("a\0b.mp4")
    Path("round.mp4").symlink_to("round.mp4")
    with refused("Too many levels of symbolic links"):
        film("round.mp4")


def test_folders_and_files_that_may_not_be_written_to_are_refused_at_once(place: Path) -> None:
    (place / "shut").mkdir(mode=0o500)
    if os.access("shut", os.W_OK):
        pytest.skip("an administrator may write anywhere")
    with refused("nothing can be written to .*shut"):
        film("shut/more/a.mp4")
    (place / "kept.mp4").touch(mode=0o400)
    with refused("is protected"):
        film("kept.mp4")


def test_a_link_to_a_folder_is_the_folder_it_leads_to(place: Path) -> None:
    (place / "far").mkdir()
    (place / "frames").symlink_to("far")
    assert film("frames/", overwrite=False).folder
    (place / "far" / "000000.png").touch()
    with refused("exists already"):
        film("frames/", overwrite=False)


@dataclass(frozen=True)
class Settings:
    input: Path
    more: tuple[Path, ...] = ()
    device: str | None = None
    gain: float = 1.0


def test_every_file_that_settings_name_is_found_in_whatever_field(place: Path) -> None:
    for name in ("a.csv", "b.csv", "c.wav", "d.wav"):
        Path(name).touch()
    settings = Settings(Path("a.csv"), (Path("b.csv"), Path("none.csv")), device="c.wav")
    found = named_files([settings, {"sound": "d.wav", "seed": 3, "sources": ("photo.jpg",)}])
    assert [path.name for path in found] == ["a.csv", "b.csv", "c.wav", "d.wav"]


def test_default_names_are_names() -> None:
    assert default_name(Path("a/photo.jpg"), "speech") == "photo--speech"
    assert default_name(Path("photo.jpg"), "what\nhe/said") == "photo--what_he_said"
    assert len(default_name(Path("ä" * 120 + ".jpg"), "x" * 300).encode()) == 202
    assert default_name(Path(), "speech") == f"{Path.cwd().name}--speech"
