"""Which of several faces counts, and which is taken."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import UsageError
from x2face_core.media.chosen import SHARE, SURE, choose_face
from x2face_core.media.faces import Face, find_faces
from x2face_core.media.pictures import Picture
from x2face_core.media.scan import scan_film
from x2face_core.sources.portraits import Cropping

RIGHT, LEFT = Face(300, 50, 100, 100, 2.0), Face(20, 60, 80, 80, 1.5)
DOUBTFUL, FAR = Face(600, 60, 90, 90, SURE - 0.1), Face(700, 50, 99 * SHARE, 99 * SHARE, 2.0)


def test_the_first_is_taken_and_numbers_go_from_left_to_right() -> None:
    chosen = choose_face([RIGHT, LEFT], None, "a.jpg")
    assert chosen.faces == (LEFT, RIGHT)
    assert (chosen.number, chosen.face) == (2, RIGHT)
    assert choose_face([RIGHT, LEFT], 1, "a.jpg").face == LEFT


def test_faces_that_are_doubtful_much_smaller_or_the_same_again_do_not_count() -> None:
    again = RIGHT._replace(x=310, w=90)
    assert choose_face([RIGHT, again, DOUBTFUL, FAR], None, "a.jpg").faces == (RIGHT,)


def test_a_number_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--face 3: a\.jpg shows 2 faces"):
        choose_face([RIGHT, LEFT], 3, "a.jpg")
    with pytest.raises(UsageError, match=r"--face 2: a\.jpg shows one face"):
        choose_face([RIGHT], 2, "a.jpg")


def beside(portrait: Picture, share: float) -> Picture:
    """The portrait, and at its right the same mirrored and smaller."""
    side = round(512 * share)
    small = np.zeros_like(portrait)
    small[:side, :side] = np.asarray(Image.fromarray(portrait[:, ::-1]).resize((side, side)))
    return np.concatenate([portrait, small], axis=1)


def test_of_two_faces_the_larger_is_taken_unless_its_number_is_given(portrait: Picture) -> None:
    two = beside(portrait, 0.8)
    taken, other = Cropping().portrait(two), Cropping(face=2).portrait(two)
    assert taken.seen == (2, 1) and taken.box.x + taken.box.side < 512
    assert other.seen == (2, 2) and other.box.x > 512
    assert Cropping().portrait(portrait).seen == (1, 1)


def test_a_place_that_is_given_leaves_no_choice() -> None:
    with pytest.raises(UsageError, match="--face 1: goes with --crop auto"):
        Cropping("10,10,50,50", face=1)


def test_of_a_film_the_other_face_can_be_taken(make_film: object, portrait: Picture) -> None:
    two = beside(portrait, 0.8)[:300]
    path = make_film(pictures=[two] * 20)
    scan, other = scan_film(path), scan_film(path, face=2)
    assert (scan.number, len(scan.others)) == (1, 1) and (other.number, len(other.others)) == (2, 1)
    assert scan.box.x + scan.box.side < 512 < other.box.x and other.present.all()
    assert abs(scan.others[0].x - other.box.x) < 1
    with pytest.raises(UsageError, match=r"--face 3: .* shows 2 faces"):
        scan_film(path, face=3)
    assert scan_film(make_film(pictures=[portrait[:300]] * 20)).others == ()
    assert len(find_faces(two)) == 2
