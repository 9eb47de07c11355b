"""Regions cut out of decoded frames show what crops of the whole pictures show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from x2face_core.media.boxes import Box, crop
from x2face_core.media.frames import LazyFrame
from x2face_core.media.pictures import Picture
from x2face_core.media.regions import cut_square
from x2face_core.media.video import read_frames, read_lazy_frames

INSIDE, OVER_THE_EDGE = Box(130, 21, 200), Box(-40, -30, 300)


def first(film: Path, **how: object) -> LazyFrame:
    frame = next(iter(read_lazy_frames(film, **how)))
    assert isinstance(frame, LazyFrame)
    return frame


def apart(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("box", [INSIDE, OVER_THE_EDGE, Box(400, 450, 150)])
@pytest.mark.parametrize("turned", [None, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_of_a_frame_is_the_crop_of_its_picture(
    make_film: Callable[..., Path], portrait: Picture, box: Box, turned: int | None, mirrored: bool
) -> None:
    film = make_film(pictures=[portrait[:480]], turned=0 if turned is None and mirrored else turned, mirrored=mirrored)
    whole = next(read_frames(film))
    found = first(film).crop(box, 96)
    off = apart(found, crop(whole, box, 96))
    assert off < 3.0
    assert all(
        apart(found, crop(whole, Box(box.x + x, box.y + y, box.side), 96)) > off
        for x, y in ((2, 0), (-2, 0), (0, 2), (0, -2))
    )


def test_a_box_between_pixels_is_moved_to_whole_ones(make_film: Callable[..., Path], portrait: Picture) -> None:
    film = make_film(pictures=[portrait])
    np.testing.assert_array_equal(first(film).crop(Box(130.4, 20.6, 200.3), 96), first(film).crop(INSIDE, 96))


def test_a_crop_of_whole_even_pixels_at_their_own_size_is_exact(
    make_film: Callable[..., Path], portrait: Picture
) -> None:
    film = make_film(pictures=[portrait])
    box = Box(100, 60, 200)
    np.testing.assert_array_equal(first(film).crop(box, 200), next(read_frames(film))[60:260, 100:300])


def test_frames_that_cannot_be_cut_are_converted_whole(
    make_film: Callable[..., Path], portrait: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(pictures=[portrait])
    whole = next(read_frames(film))
    monkeypatch.setattr("x2face_core.media.frames.FORMATS", ())
    np.testing.assert_array_equal(first(film).crop(INSIDE, 96), crop(whole, INSIDE, 96))


def test_a_crop_that_enlarges_is_taken_from_the_whole_picture(
    make_film: Callable[..., Path], portrait: Picture
) -> None:
    film, box = make_film(pictures=[portrait]), Box(200, 90, 60)
    np.testing.assert_array_equal(first(film).crop(box, 96), crop(next(read_frames(film)), box, 96))


def test_boxes_of_any_size_take_little_memory(make_film: Callable[..., Path], portrait: Picture) -> None:
    film = make_film(pictures=[portrait])
    assert first(film, longest=100).crop(Box(0, 0, 90_000), 96).shape == (96, 96, 3)


def test_a_square_beyond_the_frame_repeats_its_edge(make_film: Callable[..., Path], portrait: Picture) -> None:
    frame = first(make_film(pictures=[portrait]))._frame
    part = cut_square(frame, Box(500, 500, 40)).to_ndarray(format="gray")
    assert part.shape == (40, 40)
    assert (part[12:, 12:] == part[11, 11]).all()
