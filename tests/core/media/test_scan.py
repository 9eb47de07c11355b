from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.errors import NoFaceError, UsageError
from x2face_core.media.faces import Box, find_faces
from x2face_core.media.scan import scan_film
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
