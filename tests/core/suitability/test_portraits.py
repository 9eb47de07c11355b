"""What is found of a picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from x2face_core.media.boxes import Box
from x2face_core.media.faces import Face
from x2face_core.media.pictures import Picture
from x2face_core.sources.portraits import Cropping, Portrait
from x2face_core.suitability.expression import OPEN, PARTED, TURNED, expression
from x2face_core.suitability.findings import Finding, make_finding
from x2face_core.suitability.framing import SMALLEST, edges, face_count, face_size
from x2face_core.suitability.hair import hair, hair_at_top
from x2face_core.suitability.light import brightness, sharpness


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    from skimage.data import astronaut

    picture: Picture = astronaut()
    return picture


def portrait_at(face: Face, size: tuple[int, int] = (600, 600), seen: tuple[int, int] = (1, 1)) -> Portrait:
    nothing = np.zeros((4, 4, 3), np.uint8)
    return Portrait(nothing, Box.around(face), nothing, size=size, face=face, seen=seen)


def test_a_finding_is_a_sentence() -> None:
    assert make_finding("a", False, "good", "bad", "mend it", 0.123456) == Finding(
        "a", "warn", "bad", "mend it", 0.1235
    )
    assert make_finding("a", False, "good", "bad", "mend it").line == "bad; mend it."
    assert make_finding("a", True, "good", "bad", "mend it") == Finding("a", "ok", "good")
    assert make_finding("a", True, "good", "bad", "mend it").line == "good."


def test_a_face_amid_its_picture_has_room() -> None:
    assert edges(portrait_at(Face(200, 200, 200, 200, 1))).status == "ok"


@pytest.mark.parametrize(
    ("face", "says"),
    [
        (Face(-20, 200, 200, 200, 1), "the left edge cuts off 10% of the face"),
        (Face(200, 450, 200, 200, 1), "the bottom edge cuts off 25% of the face"),
        (Face(440, 200, 200, 200, 1), "the right edge cuts off 20% of the face"),
        (Face(200, 0, 200, 200, 1), "19% of the crop lies beyond the top edge and shows the border smeared"),
    ],
)
def test_an_edge_that_cuts_the_face_or_the_crop_is_named(face: Face, says: str) -> None:
    found = edges(portrait_at(face))
    assert (found.status, found.says) == ("warn", says)
    assert "more room" in found.remedy


def test_a_narrower_crop_is_proposed_where_the_face_fits_it() -> None:
    found = edges(portrait_at(Face(200, 25, 200, 200, 1)))
    assert found.status == "warn" and found.remedy.startswith("--crop-scale 1.2 leaves that out")
    assert edges(portrait_at(Face(200, 30, 200, 200, 1))).status == "ok"


def test_of_several_faces_it_says_which_one_was_taken() -> None:
    found = face_count(portrait_at(Face(0, 0, 9, 9, 1), seen=(3, 2)))
    assert found.status == "warn" and "3 faces are there, and number 2 from the left" in found.says
    assert "--face N takes another (1 to 3" in found.remedy
    assert face_count(portrait_at(Face(0, 0, 9, 9, 1))).status == "ok"


def test_a_small_face_is_warned_of() -> None:
    for wide, status in ((SMALLEST, "ok"), (SMALLEST - 1, "warn")):
        assert face_size(portrait_at(Face(9, 9, wide, wide, 1)), 1.6).status == status
    given = Portrait(np.zeros((4, 4, 3), np.uint8), Box(0, 0, 64), np.zeros((4, 4, 3), np.uint8))
    assert face_size(given, 1.6).value == 40


def test_dark_and_blurred_faces_are_warned_of_and_usual_ones_are_not(astronaut: Picture) -> None:
    crop = Cropping().portrait(astronaut).crop
    assert crop.shape == (256, 256, 3)
    soft = np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(4)))
    assert (brightness(crop).status, sharpness(crop).status) == ("ok", "ok")
    assert (brightness(soft).status, sharpness(soft).status) == ("ok", "warn")
    dark = (crop * 0.2).astype(np.uint8)
    assert (brightness(dark).status, sharpness(dark).status) == ("warn", "ok")


def head(top: int, hair: tuple[int, int, int] = (60, 40, 30), wide: int = 60) -> Picture:
    """A crop of 128 pixels on bright ground: a square of hair from row `top` on, a face below it."""
    picture = np.full((128, 128, 3), (200, 210, 220), np.uint8)
    picture[max(top, 0) : 60, 64 - wide // 2 : 64 + wide // 2] = hair
    picture[24:100, 44:84] = (220, 170, 150)
    return picture


@pytest.mark.parametrize(
    ("picture", "share"),
    [
        (head(0), 1.0),
        (head(3), 0.0),
        (head(0, wide=26), 0.5),  # a tuft
        (head(0, hair=(203, 208, 218)), None),  # white hair before white ground
    ],
)
def test_hair_that_reaches_the_upper_edge_is_seen(picture: Picture, share: float | None) -> None:
    assert hair_at_top(picture) == pytest.approx(share)


def test_cut_hair_is_warned_of_with_a_wider_crop_if_there_is_more_above() -> None:
    whole = np.zeros((600, 600, 3), np.uint8)
    face = Face(200, 200, 200, 200, 1)
    found = hair(Portrait(whole, Box.around(face), head(0), size=(600, 600), face=face), 1.6)
    assert found.line == "the crop cuts the hair at the top; --crop-scale 1.9 takes more of it in."
    high = Face(200, 20, 200, 200, 1)
    above = hair(Portrait(whole, Box.around(high), head(0), size=(600, 600), face=high), 1.6)
    assert above.status == "warn" and "more room above" in above.remedy
    assert hair(Portrait(whole, Box.around(face), head(9), size=(600, 600), face=face), 1.6).status == "ok"


def test_pose_lips_and_lids_are_judged_by_what_is_read() -> None:
    well = torch.tensor([0, 0, TURNED - 1, PARTED + 0.01, 0.3, OPEN + 0.1, OPEN])
    assert [(one.name, one.status) for one in expression(well)] == [("pose", "ok"), ("lips", "ok"), ("eyes", "ok")]
    ill = torch.tensor([0, 0, -TURNED - 5, PARTED - 0.01, 0.3, OPEN, OPEN - 0.05])
    found = expression(ill)
    assert [one.status for one in found] == ["warn"] * 3
    assert found[0].says == "the head is turned 30° to the picture's left, which hides a cheek"
