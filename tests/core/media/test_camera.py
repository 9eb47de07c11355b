"""A camera, with a film file in the place of its device."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.films import drawn
from x2face_core.errors import InputError
from x2face_core.media import camera
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of 6 frames that stands for camera 3; no other camera exists."""
    film = tmp_path / "camera.mp4"
    write_film(film, (drawn(k) for k in range(6)), 25)
    monkeypatch.setattr(camera, "_device", lambda number: (str(film if number == 3 else tmp_path / "none"), "mp4"))
    return film


def test_its_pictures_are_those_of_the_device(device: Path) -> None:
    pictures = list(camera.read_camera(3))
    assert len(pictures) == 6 and {(one.shape, one.dtype.name) for one in pictures} == {((48, 64, 3), "uint8")}
    for seen, true in zip(pictures, read_frames(device), strict=True):
        assert np.abs(seen.astype(int) - true).max() <= 8  # colour conversions of FFmpeg and of read_frames


def test_it_can_be_closed_at_any_time(device: Path) -> None:
    pictures = camera.read_camera(3)
    assert len(list(islice(pictures, 2))) == 2
    pictures.close()
    assert list(pictures) == []


def test_a_camera_that_is_not_there_is_named(device: Path) -> None:
    with pytest.raises(InputError, match=r"Camera 4 \(.*none\) cannot be read"):
        next(camera.read_camera(4))


@pytest.mark.parametrize(
    ("platform", "named"),
    [
        ("linux", ("/dev/video1", "v4l2")),
        ("darwin", ("1", "avfoundation")),
        ("win32", ("video=1", "dshow")),
    ],
)
def test_each_system_has_its_own_devices(
    monkeypatch: pytest.MonkeyPatch, platform: str, named: tuple[str, str]
) -> None:
    monkeypatch.setattr(camera.sys, "platform", platform)
    assert camera._device(1) == named
