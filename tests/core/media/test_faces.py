from __future__ import annotations

import pickle
from pathlib import Path

import dlib
import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import NoFaceError, UsageError
from x2face_core.media import faces as module
from x2face_core.media.faces import Box, crop, find_box, find_faces
from x2face_core.media.pasting import paste_back
from x2face_core.media.pictures import Picture

_FACE = (226, 115)  # the middle of the portrait's face, read off by eye


def _holds(face: tuple[float, ...], x: float, y: float) -> bool:
    return face[0] < x < face[0] + face[2] and face[1] < y < face[1] + face[3]


def test_the_portrait_s_face_is_the_first(portrait: Picture) -> None:
    faces = find_faces(portrait)
    assert _holds(faces[0], *_FACE)
    assert 80 < faces[0].w < 130


@pytest.mark.parametrize("size", [128, 300, 1400])
def test_a_face_is_found_at_any_size_of_picture(portrait: Picture, size: int) -> None:
    picture = np.asarray(Image.fromarray(portrait).resize((size, size), Image.Resampling.LANCZOS))
    x, y = (round(value * size / 512) for value in _FACE)
    assert _holds(find_faces(picture)[0], x, y)


def test_a_small_face_in_a_large_picture_is_found(portrait: Picture) -> None:
    picture = np.full((900, 1600, 3), 90, dtype=np.uint8)
    picture[200:712, 700:1212] = portrait
    assert _holds(find_faces(picture)[0], 700 + _FACE[0], 200 + _FACE[1])


def test_a_face_in_a_panorama_is_found(portrait: Picture) -> None:
    panorama = np.full((512, 16_000, 3), 128, np.uint8)
    panorama[:, 9000:9512] = portrait
    found, expected = find_faces(panorama)[0], find_faces(portrait)[0]
    assert found.x - 9000 == pytest.approx(expected.x, abs=10) and found.y == pytest.approx(expected.y, abs=10)
    assert found.w == pytest.approx(expected.w, rel=0.1)


def test_a_face_that_fills_its_picture_is_found(portrait: Picture) -> None:
    assert find_faces(portrait[55:185, 160:290])


def test_a_dark_picture_s_face_is_found(portrait: Picture) -> None:
    assert find_faces((portrait * 0.15).astype(np.uint8))


def test_no_face_is_said_with_the_picture_s_name() -> None:
    with pytest.raises(NoFaceError, match=r"wall\.png"):
        find_box(np.full((200, 300, 3), 128, dtype=np.uint8), name="wall.png")


@pytest.mark.parametrize("name", ["coffee", "rocket", "brick", "grass", "coins"])
def test_things_are_no_faces(name: str) -> None:
    import skimage.data

    picture = getattr(skimage.data, name)()
    picture = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture
    assert find_faces(picture) == []


def test_a_box_is_square_about_the_face_and_scaled() -> None:
    assert Box.around((10, 20, 30, 30), scale=2) == Box(-5, 5, 60)
    assert Box.parse("10,20,30,30") == Box(10, 20, 30)
    assert Box.parse("0, 10, 40, 20") == Box(0, 0, 40)
    assert Box.whole(300, 100) == Box(100, 0, 100)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "a,b,c,d",
        "0,0,0,0",
        "0,0,-5,5",
        "0,0,inf,5",
        "nan,0,9,9",
        "0,0,1e9,1e9",
        "1e6,0,9,9",
        "0,-1e308,9,9",
    ],
)
def test_a_bad_crop_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="crop"):
        Box.parse(text)


def test_a_crop_of_its_own_size_is_the_pixels_themselves(portrait: Picture) -> None:
    assert np.array_equal(crop(portrait, Box(100, 50, 64), 64), portrait[50:114, 100:164])


def test_a_reduced_crop_is_the_mean_of_areas() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    expected = picture[8:40, 4:36].reshape(8, 4, 8, 4, 3).mean((1, 3))
    assert np.abs(crop(picture, Box(4, 8, 32), 8) - expected).max() <= 1


def test_a_crop_over_the_edge_repeats_it() -> None:
    picture = np.zeros((10, 10, 3), dtype=np.uint8)
    picture[:, 0], picture[0, :] = 200, 200
    picture[0, 0] = 100
    part = crop(picture, Box(-4, -4, 8), 8)
    assert np.all(part[:5, :5] == 100)
    assert np.all(part[6, :5] == 200)
    assert np.all(part[5:, 5:] == 0)


@pytest.mark.parametrize("corner", [(-50, 2), (2, -50), (50, 2), (2, 50), (-50, 50)])
def test_a_crop_beyond_the_picture_is_its_edge(corner: tuple[int, int]) -> None:
    picture = np.full((10, 12, 3), 77, dtype=np.uint8)
    assert np.all(crop(picture, Box(*corner, 8), 4) == 77)


def test_a_crop_far_larger_than_its_picture_takes_little_memory_and_repeats_the_edge() -> None:
    picture = np.full((300, 400, 3), 50, dtype=np.uint8)
    picture[:, 200:] = 150
    part = crop(picture, Box(-49_800, -50_000, 100_000), 64)  # the picture's middle is the box's
    assert np.all(part[:, :31] < 110)
    assert np.all(part[:, 33:] > 90)
    part = crop(picture, Box(-3800, -4000, 8000), 64)
    assert np.all(part[:, :31] == 50)
    assert np.all(part[:, 33:] == 150)


def test_a_crop_larger_than_its_picture_shows_it_where_it_is() -> None:
    picture = np.full((100, 100, 3), 50, dtype=np.uint8)
    picture[40:60, 40:60] = 250
    part = crop(picture, Box(-2000, -2000, 4000), 200)  # 20 pixels a pixel: the bright square is one, at 102, 102
    assert np.argmax(part[..., 0]) in {102 * 200 + 102, 102 * 200 + 101, 101 * 200 + 102}


@pytest.mark.parametrize("text", ["640,0,10,10", "0,-11,10,10", "-100,-100,99,99"])
def test_a_given_crop_that_misses_its_picture_is_a_usage_error_with_its_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"outside wall\.png, which has 640x480"):
        Box.given(text, 640, 480, "wall.png")
    assert Box.given("none", 640, 480, "wall.png") == Box(80, 0, 480)
    assert Box.given("630,0,20,20", 640, 480, "wall.png") == Box(630, 0, 20)


def test_a_crop_moves_with_fractions_of_a_pixel() -> None:
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], 100, axis=0).repeat(3, axis=2)
    whole = crop(ramp, Box(20, 20, 40), 20).astype(float)
    half = crop(ramp, Box(20.5, 20, 40), 20).astype(float)
    assert (half - whole)[:, 2:-2].mean() == pytest.approx(1.0, abs=0.3)


def test_pasting_back_what_was_cropped_changes_nothing(portrait: Picture) -> None:
    box = Box(100, 50, 128)
    assert np.array_equal(paste_back(portrait, crop(portrait, box, 128), box), portrait)


@pytest.mark.parametrize("box", [Box(20.5, 30.25, 41.3), Box(-10, -5, 60), Box(70, 70, 60), Box(-9, -9, 120)])
def test_a_pasted_face_fades_in_and_leaves_the_rest(box: Box) -> None:
    picture = np.full((100, 100, 3), 50, dtype=np.uint8)
    answer = paste_back(picture, np.full((64, 64, 3), 250, dtype=np.uint8), box, feather=0.2)
    outside = np.ones((100, 100), dtype=bool)
    y0, x0 = max(0, int(box.y)), max(0, int(box.x))
    outside[y0 : int(box.y + box.side) + 1, x0 : int(box.x + box.side) + 1] = False
    assert np.all(answer[outside] == 50)
    middle = (min(99, round(box.y + box.side / 2)), min(99, round(box.x + box.side / 2)))
    assert np.all(answer[middle] == 250)
    assert np.all(picture == 50)


def test_a_box_beside_the_picture_pastes_nothing() -> None:
    picture = np.full((20, 20, 3), 50, dtype=np.uint8)
    assert np.array_equal(paste_back(picture, np.zeros((8, 8, 3), dtype=np.uint8), Box(40, 0, 10)), picture)


def test_pasting_a_box_far_larger_than_the_picture_takes_little_memory() -> None:
    picture = np.full((20, 30, 3), 50, dtype=np.uint8)
    generated = np.full((64, 64, 3), 250, dtype=np.uint8)
    assert np.all(paste_back(picture, generated, Box(-50_000, -50_000, 100_000)) == 250)


def test_a_pasted_picture_lies_where_its_box_is() -> None:
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    generated = np.zeros((64, 64, 3), dtype=np.uint8)
    generated[:, 32:] = 200  # the right half of the box, from x = 30
    answer = paste_back(picture, generated, Box(-10, -20, 80), feather=0)
    assert np.all(answer[:, :27] == 0)
    assert np.all(answer[:, 33:] == 200)


def test_the_saved_detector_is_dlib_s_own() -> None:
    assert pickle.dumps(module._load_detector()) == pickle.dumps(dlib.get_frontal_face_detector())


def test_without_a_readable_file_dlib_s_own_detector_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.svm").write_bytes(b"of a later format")
    monkeypatch.setattr(module, "_MODEL", tmp_path / "other.svm")
    assert module._load_detector().num_detectors == 5
