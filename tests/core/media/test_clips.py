"""Films, folders and pictures as clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.errors import InputError, UsageError
from x2face_core.media.clips import kind_of, open_clip
from x2face_core.media.folders import picture_files
from x2face_core.media.images import write_picture

Maker = Callable[..., Path]


def _folder(place: Path, greys: Any, names: list[str]) -> Path:
    place.mkdir()
    for name, picture in zip(names, greys(len(names)), strict=True):
        write_picture(place / name, picture)
    return place


def test_pictures_are_in_the_order_in_which_people_count(tmp_path: Path, greys: Any) -> None:
    names = ["1²3.png", "2.png", "10.png", "a٣.png", "ⅷ.jpg", "b.jfif"]
    files = picture_files(_folder(tmp_path / "in", greys, names[::-1]))
    assert [file.name for file in files][:3] == ["1²3.png", "2.png", "10.png"]
    assert len(files) == 6


def test_a_folder_of_any_names_is_a_clip(tmp_path: Path, greys: Any) -> None:
    clip = open_clip(str(_folder(tmp_path / "in", greys, ["1²3.png", "12.jfif"])), "folder", "none", 1.6)
    assert [round((float(picture.mean()) - 40) / 4) for picture in clip.pictures(48)] == [0, 1]


def test_an_empty_folder_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("hello")
    with pytest.raises(InputError, match="no picture"):
        picture_files(tmp_path)


@pytest.mark.parametrize("kind", ["film", "folder", "picture"])
def test_a_crop_outside_is_refused_whatever_the_clip_is(
    tmp_path: Path, make_film: Maker, greys: Any, kind: Any
) -> None:
    places = {
        "film": make_film(),
        "folder": _folder(tmp_path / "in", greys, ["1.png"]),
        "picture": tmp_path / "in" / "1.png",
    }
    for crop in ("500,0,20,20", "-90,-90,20,20"):
        with pytest.raises(UsageError, match="outside"):
            open_clip(str(places[kind]), kind, crop, 1.6)
    with pytest.raises(UsageError, match="100000"):
        open_clip(str(places[kind]), kind, "0,0,1e9,1e9", 1.6)
    clip = open_clip(str(places[kind]), kind, "-20000,-20000,40000,40000", 1.6)
    assert np.isfinite(clip.box.side)


def test_a_camera_is_a_short_number_of_plain_digits(tmp_path: Path) -> None:
    assert kind_of("0") == kind_of("12") == "camera"
    for name in ("²", "٣", "1²3.png", "9" * 300, "9" * 5000):
        with pytest.raises(InputError):
            kind_of(name)
    (tmp_path / "in").mkdir()
    assert kind_of(str(tmp_path / "in")) == "folder"
