"""Where layers lie and what they leave on the embedded face, by values worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.layers import disc, plain
from x2face_core.driving import EmbeddedFace
from x2face_edit.overlay import EditOverlay
from x2face_edit.painting import is_outside
from x2face_edit.presets import Layer

Tensor = torch.Tensor
GREY = 0.4


def flat(height: int = 64, width: int | None = None) -> EmbeddedFace:
    return EmbeddedFace(torch.full((3, height, width or height), GREY))


def painted(path: Path, face: EmbeddedFace | None = None, **how: Any) -> Tensor:
    return EditOverlay([Layer(path, **how)]).edit(face or flat(), 0.0).texture


def centre_of(mark: Tensor) -> tuple[float, float]:
    """Of a difference (h, w), x and y in normalised coordinates."""
    height, width = mark.shape
    x, y = torch.linspace(-1, 1, width), torch.linspace(-1, 1, height)
    return float((mark.sum(0) * x).sum() / mark.sum()), float((mark.sum(1) * y).sum() / mark.sum())


def test_a_layer_as_large_as_the_face_takes_its_place_exactly(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "whole.png")
    found = painted(tmp_path / "whole.png", scale=1.0)
    assert np.array_equal((found * 255).round().permute(1, 2, 0).numpy().astype(np.uint8), pixels)


@pytest.mark.parametrize("at", [(0.0, 0.0), (-0.5, 0.25), (0.33, -0.61)])
@pytest.mark.parametrize("side", [64, 256])
def test_a_mark_lies_where_it_was_put_at_any_resolution(tmp_path: Path, at: tuple[float, float], side: int) -> None:
    found = painted(disc(tmp_path / "mark.png"), flat(side), at=at, scale=0.25)
    assert centre_of(found[0] - GREY) == pytest.approx(at, abs=0.002)


def test_scale_is_the_share_of_the_faces_width(tmp_path: Path) -> None:
    found = painted(plain(tmp_path / "white.png", (255, 255, 255), (30, 15)), scale=0.5)
    covered = (found[0] - GREY) / (1 - GREY)
    assert float(covered.sum()) == pytest.approx(32 * 16, rel=1e-4)
    assert [int(covered.amax(axis).gt(0.5).sum()) for axis in (0, 1)] == [32, 16]


def test_a_layer_of_less_than_a_pixel_leaves_its_share(tmp_path: Path) -> None:
    found = painted(plain(tmp_path / "white.png", (255, 255, 255), (50, 50)), scale=0.005)
    assert float(((found[0] - GREY) / (1 - GREY)).sum()) == pytest.approx((0.005 * 64) ** 2, rel=1e-3)


def quarters(path: Path) -> Path:
    """Red upper left, green upper right, blue below."""
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20, :20, 0] = pixels[:20, 20:, 1] = pixels[20:, :, 2] = 255
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(
    ("how", "colours"),
    [
        ({}, "rgbb"),
        ({"flip": True}, "grbb"),
        ({"rotate": 90.0}, "brbg"),
        ({"rotate": 180.0}, "bbgr"),
        ({"rotate": -90.0}, "gbrb"),
        ({"rotate": 90.0, "flip": True}, "bgbr"),
    ],
)
def test_layers_are_mirrored_and_then_turned_clockwise(tmp_path: Path, how: dict[str, Any], colours: str) -> None:
    found = painted(quarters(tmp_path / "quarters.png"), scale=0.5, **how)
    spots = [found[:, y, x] for y in (26, 38) for x in (26, 38)]
    assert "".join("rgb"[int(spot.argmax())] for spot in spots) == colours
    assert all(spot.sort().values.tolist() == pytest.approx([0, 0, 1], abs=1e-5) for spot in spots)


def test_turning_a_square_keeps_its_area(tmp_path: Path) -> None:
    white = plain(tmp_path / "white.png", (255, 255, 255))
    for angle in (0, 17, 45, 80):
        covered = (painted(white, scale=0.4, rotate=float(angle))[0] - GREY) / (1 - GREY)
        assert float(covered.sum()) == pytest.approx((0.4 * 64) ** 2, rel=0.01)
        assert 0 < float(covered.frac().gt(0.01).sum()) < 200 or angle == 0  # a soft edge, and only there


@pytest.mark.parametrize("side", [16, 64, 500])
@pytest.mark.parametrize("rotate", [0.0, 30.0])
def test_no_colour_of_transparent_pixels_is_seen_at_the_edge(tmp_path: Path, side: int, rotate: float) -> None:
    face = EmbeddedFace(torch.ones(3, 64, 64))
    found = painted(disc(tmp_path / "white.png", (255, 255, 255), side), face, scale=0.4, rotate=rotate)
    assert float((found - 1).abs().max()) < 1e-5


def test_fine_stripes_become_grey_and_not_moire(tmp_path: Path) -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[:, ::2] = 255
    Image.fromarray(pixels).save(tmp_path / "stripes.png")
    found = painted(tmp_path / "stripes.png", scale=0.5, rotate=10.0)[0, 24:40, 24:40]
    assert float((found - 0.5).abs().max()) < 0.02


@pytest.mark.parametrize(
    ("blend", "expected"),
    [("normal", 0.5 * 0.4 + 0.5 * 0.8), ("multiply", 0.5 * 0.4 + 0.5 * 0.32), ("screen", 0.5 * 0.4 + 0.5 * 0.88)],
)
def test_blends_are_those_of_paint_programs(tmp_path: Path, blend: str, expected: float) -> None:
    path = plain(tmp_path / "bright.png", (204, 204, 204), alpha=255)
    found = painted(path, scale=0.5, opacity=0.5, blend=blend)
    assert found[:, 32, 32].tolist() == pytest.approx([expected] * 3, abs=1e-5)
    assert found[:, 2, 2].tolist() == pytest.approx([GREY] * 3)


def test_opacity_of_the_layer_and_of_its_pixels_multiply(tmp_path: Path) -> None:
    found = painted(plain(tmp_path / "veil.png", (255, 255, 255), alpha=51), scale=0.5, opacity=0.5)
    assert float(found[0, 32, 32]) == pytest.approx(0.9 * GREY + 0.1, abs=1e-5)


def test_an_opacity_of_zero_changes_nothing(tmp_path: Path) -> None:
    face = flat()
    assert painted(plain(tmp_path / "white.png"), face, opacity=0.0) is face.texture


def test_the_face_that_came_in_stays_as_it_is(tmp_path: Path) -> None:
    face = flat()
    painted(plain(tmp_path / "white.png"), face)
    assert float(face.texture.min()) == float(face.texture.max())


def test_layers_lie_upon_each_other_in_their_order(tmp_path: Path) -> None:
    red, blue = (Layer(plain(tmp_path / f"{c}.png", c), scale=0.5) for c in ((255, 0, 0), (0, 0, 255)))
    for layers, seen in (([red, blue], [0, 0, 1]), ([blue, red], [1, 0, 0])):
        assert EditOverlay(layers).edit(flat(), 0).texture[:, 32, 32].tolist() == pytest.approx(seen, abs=1e-5)


def test_a_layer_may_reach_over_the_edge(tmp_path: Path) -> None:
    found = painted(plain(tmp_path / "white.png", (255, 255, 255)), at=(-1.0, -1.0), scale=0.5)
    assert float(found[0, :15, :15].min()) > 0.99
    assert float((found[0, 20:] - GREY).abs().max()) < 1e-6


@pytest.mark.parametrize(
    ("at", "rotate", "outside"),
    [
        ((0.0, 0.0), 0.0, False),
        ((1.19, 0.0), 0.0, False),
        ((1.21, 0.0), 0.0, True),
        ((0.0, -1.11), 0.0, True),
        ((0.0, -1.11), 90.0, False),
        ((1.15, 1.05), 0.0, False),
        ((1.15, 1.15), 45.0, True),  # a corner points to the face's corner and does not reach it
        ((1.15, 1.15), -45.0, True),
        ((1.04, 1.04), 45.0, False),
    ],
)
def test_a_layer_is_outside_only_where_no_part_of_it_is_inside(
    at: tuple[float, float], rotate: float, outside: bool
) -> None:
    layer = Layer(Path("layer.png"), at, scale=0.2, rotate=rotate)  # 0.4 wide and 0.2 high in normalised coordinates
    assert is_outside(layer, at, aspect=0.5) == outside


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB", "1", "CMYK"])
def test_pictures_of_any_mode_are_layers(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("layer.tif" if mode == "CMYK" else "layer.png")
    Image.new("RGBA", (10, 10), (255, 255, 255, 255)).convert(mode).save(path)
    assert float(painted(path, scale=0.5)[:, 32, 32].min()) > 0.99


def test_sixteen_bits_and_palettes_with_transparency_are_read(tmp_path: Path) -> None:
    Image.fromarray(np.full((10, 10), 65535, np.uint16)).save(tmp_path / "deep.png")
    few = Image.new("P", (10, 10), 0)
    few.putpalette([255, 255, 255, 9, 9, 9])
    few.paste(1, (5, 0, 10, 10))
    few.save(tmp_path / "few.png", transparency=1)
    assert float(painted(tmp_path / "deep.png", scale=0.5)[0, 32, 32]) == pytest.approx(1)
    found = painted(tmp_path / "few.png", scale=0.5)[0, 32]
    assert (float(found[20]), float(found[40])) == pytest.approx((1, GREY), abs=1e-5)


def test_a_huge_layer_is_reduced_on_reading(tmp_path: Path) -> None:
    found = painted(plain(tmp_path / "huge.png", (255, 255, 255), (5000, 100)), scale=1.0)
    assert float(((found[0] - GREY) / (1 - GREY)).sum()) == pytest.approx(64 * 64 * 100 / 5000, rel=0.02)


def test_a_photograph_taken_upright_lies_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it
    Image.new("RGB", (40, 20), "white").save(tmp_path / "turned.jpg", exif=exif)
    covered = (painted(tmp_path / "turned.jpg", scale=0.25)[0] - GREY) / (1 - GREY)
    assert [round(float(covered.sum(axis).max())) for axis in (0, 1)] == [32, 16]
