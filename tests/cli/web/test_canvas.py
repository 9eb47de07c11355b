"""What is painted: layers become one picture, and a preset that `--edit` reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import InputError, UsageError
from x2face_edit.archives import unpack
from x2face_edit.presets import read_preset
from x2face_web.canvas import (
    SIDE,
    ground,
    merged,
    packed_layers,
    refuse_unpacked_preset,
    save_paint,
    write_preset,
)


def layer(side: int = SIDE, colour: tuple[int, int, int, int] = (255, 0, 0, 255)) -> np.ndarray:
    """A layer with a square of a colour in its upper left quarter."""
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[: side // 2, : side // 2] = colour
    return pixels


def test_nothing_painted_is_no_picture() -> None:
    assert merged([]) is None
    assert merged([np.zeros((SIDE, SIDE, 4), np.uint8)]) is None


def test_layers_lie_over_one_another_and_the_rest_is_transparent() -> None:
    above = layer(colour=(0, 0, 255, 255))
    above[:, : SIDE // 4] = 0
    picture = merged([layer(), above])
    assert picture is not None
    assert picture.getpixel((10, 10)) == (255, 0, 0, 255)
    assert picture.getpixel((SIDE // 2 - 10, 10)) == (0, 0, 255, 255)
    assert picture.getpixel((SIDE - 10, SIDE - 10)) == (0, 0, 0, 0)


def test_a_canvas_larger_than_the_face_is_fitted_to_it() -> None:
    picture = merged([layer(2 * SIDE)])
    assert picture is not None and picture.size == (SIDE, SIDE)
    assert picture.getpixel((SIDE // 2 - 8, SIDE // 2 - 8)) == (255, 0, 0, 255)
    assert picture.getpixel((SIDE // 2 + 8, SIDE // 2 + 8))[3] == 0


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (np.zeros((600, 800, 4), np.uint8), "800x600 pixels and the face is square"),
        (np.zeros((5000, 5000, 4), np.uint8), "5000x5000 pixels; 4096x4096 are the most"),
        (np.zeros((SIDE, SIDE, 3), np.uint8), "a layer of shape"),
    ],
)
def test_a_canvas_that_does_not_fit_the_face_is_refused(pixels: np.ndarray, told: str) -> None:
    with pytest.raises(InputError, match=told):
        merged([pixels])


def test_named_places_are_marked_where_they_are() -> None:
    face = np.full((256, 256, 3), 100, np.uint8)
    assert (ground(face) == 100).all()
    marked = ground(face, {"nose": (0.5, -0.5)})
    where = (SIDE - 1) * np.array([0.75, 0.25])
    ys, xs = np.nonzero((marked == 255).all(axis=2))
    assert np.abs(xs.mean() - where[0]) < 6 and np.abs(ys.min() - (where[1] - 5)) < 4
    assert (marked[:, : SIDE // 2] == 100).all()


def test_the_preset_is_one_that_the_driver_edit_reads(tmp_path: Path) -> None:
    picture = merged([layer()])
    assert picture is not None
    paint = save_paint(picture, tmp_path)
    Image.new("RGBA", (8, 8), "green").save(stamp := tmp_path / "stamp.png")
    write_preset(tmp_path / "preset.zip", paint, [{"layer": stamp, "at": "forehead", "scale": 0.1}])
    (tmp_path / "out").mkdir()
    layers = read_preset(unpack(tmp_path / "preset.zip", tmp_path / "out"))
    assert [(one.at, one.scale) for one in layers] == [((0.0, 0.0), 1.0), ("forehead", 0.1)]
    assert [one.layer.is_file() for one in layers] == [True, True]
    assert packed_layers(tmp_path / "preset.zip", tmp_path) == [
        {"layer": tmp_path / "paint.png", "at": [0, 0], "scale": 1},
        {"layer": tmp_path / "1-stamp.png", "at": "forehead", "scale": 0.1},
    ]


def test_paint_that_cannot_be_written_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = save_paint(Image.new("RGBA", (4, 4), "red"), tmp_path).read_bytes()

    def interrupted(self: Image.Image, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("no space")

    monkeypatch.setattr(Image.Image, "save", interrupted)
    with pytest.raises(OSError, match="no space"):
        save_paint(Image.new("RGBA", (4, 4), "blue"), tmp_path)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [before]


def test_a_preset_that_names_files_of_the_server_is_refused(tmp_path: Path) -> None:
    refuse_unpacked_preset({"input": tmp_path / "preset.zip"})
    with pytest.raises(UsageError, match="preset.JSON: names pictures that were not uploaded with it; pack"):
        refuse_unpacked_preset({"input": tmp_path / "preset.JSON"})
