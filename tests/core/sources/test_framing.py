"""What frames show around the crop, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from x2face_core.media.boxes import Box, crop
from x2face_core.sources.framing import Framing, View
from x2face_core.sources.portraits import Cropping, Portrait, of_one_size


def test_a_view_of_the_head_is_two_faces_wide_and_lies_a_little_higher_than_the_face() -> None:
    view = Framing("head", 300).view(Box(420, 420, 160), 1.6, (1000, 1000))  # a face of 100 pixels around 500, 500
    assert (view.side, view.inner) == (300, Box(30, 45, 240))
    assert (view.box.x, view.box.y, view.box.side) == pytest.approx((400, 390, 200))


def test_a_view_stays_within_the_picture() -> None:
    view = Framing("head", 200).view(Box(10, 5, 160), 1.6, (300, 190 + 10))
    assert (view.box.x, view.box.y, view.box.side) == pytest.approx((0, 0, 200))
    assert view.inner == Box(10, 5, 160)


@pytest.mark.parametrize("size", [(191, 400), (400, 191), (160, 160)])
def test_where_the_picture_has_no_room_frames_show_the_crop(size: tuple[int, int]) -> None:
    box = Box(0, 0, 160)
    assert Framing("head", 256).view(box, 1.6, size) == View(box, 256, Box(0, 0, 256))


@pytest.mark.parametrize(
    ("shows", "side", "expected"),
    [("face", 511, 256), ("face", 512, 512), ("head", 410, 512), ("head", 400, 256), ("face", 3000, 512)],
)
def test_frames_are_large_where_the_picture_has_the_pixels(shows: str, side: int, expected: int) -> None:
    view = Framing(shows).view(Box(2000, 2000, side), 1.6, (9000, 9000))
    assert view.side == expected


def test_the_crop_in_frames_is_the_crop_of_the_networks() -> None:
    rng = np.random.default_rng(0)
    picture = np.kron(rng.integers(0, 255, (60, 60, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    box = Box(210.3, 190.7, 160)
    view = Framing("head", 320).view(box, 1.6, (600, 600))
    side = int(view.inner.side)
    x, y = int(view.inner.x), int(view.inner.y)
    shown = crop(picture, view.box, view.side)[y : y + side, x : x + side].astype(int)
    inner = np.s_[4:-4, 4:-4]  # the filter sees beyond the edge in one and not in the other
    assert np.abs(shown - crop(picture, box, side))[inner].max() <= 1


def test_a_box_that_the_user_gave_is_all_that_frames_show() -> None:
    picture = np.zeros((600, 600, 3), np.uint8)
    one = Cropping("200,200,160,160", framing=Framing("head", 100)).portrait(picture)
    assert one.view == View(Box(200, 200, 160), 100, Box(0, 0, 100))
    assert one.crop.shape == (100, 100, 3)


def test_crops_of_several_sources_become_as_large_as_the_first() -> None:
    grey = np.full((40, 40, 3), 90, np.uint8)
    first = Portrait(grey, Box(0, 0, 40), grey)
    found = of_one_size([first, replace(first, crop=np.full((80, 80, 3), 7, np.uint8))])
    assert found[0] is first
    assert found[1].crop.shape == (40, 40, 3) and (found[1].crop == 7).all()
