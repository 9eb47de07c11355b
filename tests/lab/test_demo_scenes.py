from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from x2face_lab.demo.paint import LAYERS, SIDE, write_paint
from x2face_lab.demo.scenes import Scene, playable, scenes


def test_a_scene_plays_only_where_all_its_drivers_are() -> None:
    alone, both = Scene("a", {"one": {}}), Scene("b", {"one": {}, "two": {}})
    assert playable([alone, both], ["one"]) == [alone]
    assert playable([alone, both], ["two", "one", "three"]) == [alone, both]


def test_no_two_films_have_one_name(tmp_path: Path) -> None:
    names = [name for scene in scenes(tmp_path) for _, name in scene.films()]
    assert len(names) == len(set(names)) and all(name.endswith(".mp4") for name in names)


def test_what_the_scenes_read_is_in_the_package(tmp_path: Path) -> None:
    settings = [one for scene in scenes(write_paint(tmp_path)) for one in scene.settings.values()]
    inputs = [Path(one["input"]) for one in settings if "input" in one]
    assert len(inputs) >= 5 and all(path.exists() for path in inputs)


def test_paint_is_opaque_in_the_middle_and_leaves_the_corners(tmp_path: Path) -> None:
    write_paint(tmp_path)
    for layer in LAYERS:
        picture = np.asarray(Image.open(tmp_path / str(layer["layer"])))
        assert picture.shape == (SIDE, SIDE, 4)
        assert picture[SIDE // 2, SIDE // 2, 3] == 255 and picture[0, 0, 3] == picture[-1, -1, 3] == 0


def test_the_preset_names_what_was_drawn(tmp_path: Path) -> None:
    preset = write_paint(tmp_path)
    layers = json.loads(preset.read_text())["layers"]
    assert {path.name for path in tmp_path.glob("*.png")} == {layer["layer"] for layer in layers}
