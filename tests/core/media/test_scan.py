from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import NoFaceError, UsageError
from x2face_core.media import following
from x2face_core.media.ahead import Stopped
from x2face_core.media.faces import Box, Face, find_faces
from x2face_core.media.pictures import Picture
from x2face_core.media.scan import scan_film, search_film
from x2face_core.media.video import read_frames

Maker = Callable[..., Path]


def test_one_box_holds_the_face_through_the_film(make_film: Maker, portrait_film: Any) -> None:
    path = make_film(pictures=portrait_film(50))
    scan = scan_film(path)
    assert scan.present.shape == (50,)
    assert scan.present.all()
    for frame in list(read_frames(path))[::12]:
        face = find_faces(frame)[0]
        assert scan.box.x < face.x < face.x + face.w < scan.box.x + scan.box.side
        assert scan.box.y < face.y < face.y + face.h < scan.box.y + scan.box.side
        assert 1.4 < scan.box.side / face.w < 2.1


def test_frames_without_the_face_are_told(make_film: Maker, portrait_film: Any) -> None:
    scan = scan_film(make_film(pictures=portrait_film(100, hidden=range(30, 70))))
    assert scan.present[:27].all()
    assert not scan.present[33:67].any()
    assert scan.present[73:].all()


def test_a_face_that_comes_late_is_found(make_film: Maker, portrait_film: Any) -> None:
    scan = scan_film(make_film(pictures=portrait_film(75, hidden=range(50))))
    assert not scan.present[:46].any()
    assert scan.present[60:].all()


def test_a_search_made_before_gives_the_same_box_for_any_crop(make_film: Maker, portrait_film: Any) -> None:
    path = make_film(pictures=portrait_film(50, hidden=range(20, 40)))
    search = search_film(path)
    for scale in (1.6, 2.0):
        known, anew = scan_film(path, scale=scale, search=search), scan_film(path, scale=scale)
        assert known.box == anew.box
        np.testing.assert_array_equal(known.present, anew.present)


def test_a_search_stops_when_it_is_told_to(make_film: Maker, portrait_film: Any) -> None:
    stopped = Event()
    stopped.set()
    with pytest.raises(Stopped):
        search_film(make_film(pictures=portrait_film(10)), stopped=stopped)


def test_a_film_without_a_face_is_refused(make_film: Maker, greys: Any) -> None:
    with pytest.raises(NoFaceError, match=r"film\.mp4"):
        scan_film(make_film(pictures=greys(10)))


def test_a_given_crop_is_taken_as_it_is(make_film: Maker, greys: Any) -> None:
    path = make_film(pictures=greys(10))
    assert scan_film(path, crop=Box(3, 4, 20)).box == Box(3, 4, 20)
    assert scan_film(path, crop="none").box == Box(8, 0, 48)
    assert scan_film(path, crop="none").present.sum() == 10
    assert scan_film(path, fps=50, crop="none").present.sum() == 20
    for outside in (Box(500, 0, 20), "500,0,20,20", "-900,0,20,20"):
        with pytest.raises(UsageError, match="outside"):
            scan_film(path, crop=outside)


def test_the_scan_is_in_pixels_of_the_film_not_of_its_reduced_frames(make_film: Maker, portrait: Any) -> None:
    large = np.full((720, 1280, 3), 90, dtype=np.uint8)
    large[100:612, 600:1112] = portrait
    scan = scan_film(make_film(pictures=[large] * 12))
    assert scan.box.x < 826 < scan.box.x + scan.box.side
    assert scan.box.y < 215 < scan.box.y + scan.box.side
    assert 130 < scan.box.side < 240
    assert scan.has_face(11)
    assert scan.has_face(500)


def _far_away(portrait: Picture, size: tuple[int, int], face: int) -> tuple[Picture, tuple[float, float]]:
    """A large picture of a wall with the portrait in it, its face so many pixels wide, and where the face is."""
    width, height = size
    noise = np.random.default_rng(0).integers(70, 170, (height // 40, width // 40, 3), dtype=np.uint8)
    wall = np.array(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC))
    side = round(512 * face / 103)  # the portrait's face is 103 of its 512 pixels wide
    x, y = width // 2, height // 3
    wall[y : y + side, x : x + side] = np.asarray(Image.fromarray(portrait).resize((side, side)))
    return wall, (x + 224 / 512 * side, y + 115 / 512 * side)


@pytest.mark.parametrize(
    ("size", "face"),
    [((1920, 1080), 72), ((1920, 1080), 50), ((3840, 2160), 144), ((1080, 1920), 60), ((1280, 720), 44)],
)
def test_a_face_that_is_small_in_the_film_is_found_as_in_a_photograph(
    make_film: Maker, portrait: Picture, size: tuple[int, int], face: int
) -> None:
    picture, (x, y) = _far_away(portrait, size, face)
    photograph = find_faces(picture)[0]
    assert abs(photograph.x + photograph.w / 2 - x) < 0.3 * face
    scan = scan_film(make_film(pictures=[picture] * 4))
    assert abs(scan.box.x + scan.box.side / 2 - x) < 0.3 * face
    assert abs(scan.box.y + scan.box.side / 2 - y) < 0.4 * face
    assert 1.2 * face < scan.box.side < 2.4 * face
    assert scan.present.all()


def test_a_small_face_that_goes_away_is_told_to_be_away(make_film: Maker, portrait: Picture) -> None:
    picture, _ = _far_away(portrait, (1280, 720), 44)
    wall = np.full_like(picture, 120)
    scan = scan_film(make_film(pictures=[picture] * 30 + [wall] * 40))
    assert scan.present[:27].all()
    assert not scan.present[36:].any()


def test_a_dark_face_and_one_that_fills_the_picture_are_found_as_in_photographs(
    make_film: Maker, portrait: Picture
) -> None:
    for picture in ((portrait * 0.15).astype(np.uint8), portrait[56:184, 160:288]):
        assert find_faces(picture)
        assert scan_film(make_film(pictures=[picture] * 4)).present.any()


@pytest.mark.parametrize("scale", [2, 0.5])
def test_the_face_stays_in_its_box_where_the_resolution_changes(
    tmp_path: Path, make_film: Maker, portrait: Picture, scale: float
) -> None:
    shapes = [(512, 512), (round(512 * scale), round(512 * scale))]
    joined = b"".join(
        make_film("a.ts", [np.asarray(Image.fromarray(portrait).resize(shape))] * 25).read_bytes() for shape in shapes
    )
    (tmp_path / "joined.ts").write_bytes(joined)
    frames = list(read_frames(tmp_path / "joined.ts"))
    assert {frame.shape for frame in frames} == {(512, 512, 3)}
    assert len(frames) == pytest.approx(50, abs=2)
    scan = scan_film(tmp_path / "joined.ts")
    assert scan.present.all()
    assert abs(scan.box.x + scan.box.side / 2 - 224) < 20


def test_pictures_of_another_shape_are_fitted_into_the_first_one_s(tmp_path: Path, make_film: Maker, grey: Any) -> None:
    wide = make_film("a.ts", [grey(200, 48, 64)] * 25).read_bytes()
    high = make_film("b.ts", [grey(200, 64, 48)] * 25).read_bytes()
    (tmp_path / "turned.ts").write_bytes(wide + high)
    frames = list(read_frames(tmp_path / "turned.ts"))
    assert {frame.shape for frame in frames} == {(48, 64, 3)}
    last = frames[-1].astype(int)
    assert abs(last[:, 16:48].mean() - 200) < 4  # 36 of 64 columns, in the middle
    assert last[:, :12].max() < 3 and last[:, 52:].max() < 3


def test_new_faces_are_searched_for_every_two_seconds_at_first_and_later_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    face = Face(10, 10, 40, 40, 1.0)
    searched: list[int] = []
    tracker = following.FaceTracker(480)

    def search(picture: Any, longest: int) -> list[Face]:
        searched.append(look)
        return [face]

    monkeypatch.setattr(following, "spot_faces", search)
    monkeypatch.setattr(following, "follow_face", lambda picture, last: last)
    for look in range(18_000):  # an hour
        tracker.look(look + 500, np.zeros((8, 8, 3), np.uint8))
    assert searched[:6] == [0, 10, 20, 30, 40, 50]
    assert len(searched) < 50
    assert all(after <= 1.21 * before for before, after in pairwise(searched[5:]))
    assert len(tracker.tracks) == 1
