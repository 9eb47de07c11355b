"""No run loses a file: not one of the user's, not one that a driver reads by itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.media.images import write_picture
from x2face_core.media.video import probe
from x2face_core.media.writing import write_film

TAKE = """
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from x2face_plugins import Chunk, DriverSpec, hookimpl, option

@dataclass(frozen=True)
class Settings:
    input: Path = option(help="A text; its first line is the recording's name.")
    appears: str = option("", help="A film that somebody else makes meanwhile.")

class Take:
    def __init__(self, settings):
        self.settings = settings

    def drive(self, source):
        Path(self.settings.input.read_text()).read_bytes()
        if self.settings.appears:
            Path(self.settings.appears).write_text("somebody's")
        yield Chunk(np.zeros((5, 128)), 25.0)

@hookimpl
def x2face_drivers():
    yield DriverSpec(name="take", summary="Reads.", relative=True, settings=Settings, load=Take, demo=lambda path: None)
"""
RUN = ("run", "-s", "a.png", "--crop", "none", "--size", "48", "--take", "take.txt")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any, install: Callable[..., None]) -> Path:
    """A folder with a.png, take.mp4 and take.txt, in which the latter's name stands, and a driver that reads both."""
    install("take", TAKE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    pictures = [np.full((48, 48, 3), 20 * k, np.uint8) for k in range(5)]
    write_picture("a.png", pictures[4])
    write_film("take.mp4", pictures, 25)
    Path("take.txt").write_text("take.mp4")
    return tmp_path


def test_what_a_driver_reads_by_itself_is_not_replaced(place: Path, x2face: Callable[..., Any]) -> None:
    before = (place / "take.mp4").read_bytes()
    os.link("take.mp4", "other.mp4")
    for output in ("take.mp4", "other.mp4"):
        result = x2face(*RUN, "-o", output, "--overwrite")
        assert (result.code, result.out) == (2, "") and "is one of the files that this run reads" in result.err
    assert (place / "take.mp4").read_bytes() == (place / "other.mp4").read_bytes() == before


def test_a_recording_that_is_only_heard_is_not_replaced(place: Path, x2face: Callable[..., Any]) -> None:
    write_film("voice.mp4", [np.zeros((48, 48, 3), np.uint8)] * 5, 25)
    result = x2face(*RUN, "--sound", "voice.mp4", "-o", "voice.mp4", "--overwrite")
    assert result.code == 2 and "is one of the inputs" in result.err
    assert probe("voice.mp4").frames == 5


def test_a_film_that_appears_meanwhile_stays(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face(*RUN, "--take-appears", "o.mp4", "-o", "o.mp4")
    assert result.code == 2 and "o.mp4 has appeared meanwhile" in result.err
    assert (place / "o.mp4").read_text() == "somebody's"
    Path("o.mp4").unlink()
    assert x2face(*RUN, "--take-appears", "o.mp4", "-o", "o.mp4", "--overwrite").code == 0
    assert probe("o.mp4").frames == 5


def test_a_motion_that_appears_meanwhile_stays(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face(*RUN, "--take-appears", "m.x2v", "--record", "m.x2v", "-o", "o.mp4")
    assert result.code == 2 and "m.x2v has appeared meanwhile" in result.err
    assert (place / "m.x2v").read_text() == "somebody's"


def test_a_manifest_that_appears_meanwhile_stays(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face(*RUN, "--take-appears", "o.mp4.json", "--manifest", "-o", "o.mp4")
    assert result.code == 2 and "o.mp4.json has appeared meanwhile" in result.err
    assert (place / "o.mp4.json").read_text() == "somebody's"


def test_a_file_that_a_driver_reads_is_not_replaced_by_the_manifest(place: Path, x2face: Callable[..., Any]) -> None:
    os.link("take.mp4", "o.mp4.json")
    result = x2face(*RUN, "--manifest", "-o", "o.mp4", "--overwrite")
    assert result.code == 2 and "is one of the files that this run reads" in result.err
    assert Path("take.mp4").samefile("o.mp4.json")


def test_a_motion_that_cannot_be_written_is_said_before_anything_is_made(
    place: Path, x2face: Callable[..., Any]
) -> None:
    (place / "file").touch()
    for record in ("/proc/none/m.x2v", "file/m.x2v", "n" * 300 + ".x2v", "http://host/m.x2v"):
        result = x2face(*RUN, "--record", record, "-o", "o.mp4")
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert not (place / "o.mp4").exists()


def test_a_link_to_a_folder_stays_a_link(place: Path, x2face: Callable[..., Any]) -> None:
    (place / "far").mkdir()
    (place / "frames").symlink_to("far")
    assert x2face(*RUN, "-o", "frames/").code == 0
    assert (place / "frames").is_symlink() and len(list((place / "far").iterdir())) == 5
