"""Following faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.films import swaying, wall, write
from x2face_core.data.preparing.tracks import SceneTrack, find_tracks, numbered
from x2face_core.media.faces import Face


def track(start: int, end: int, *, step: float = 0.0, size: float = 100.0) -> SceneTrack:
    """A face that moves by `step` a look."""
    faces = {at: Face((at - start) / 5 * step, 50.0, size, size, 1.0) for at in range(start, end, 5)}
    return SceneTrack(faces)


def test_a_still_face_gets_a_square_of_1_6_faces() -> None:
    box = track(0, 50).box()
    assert (box.x, box.y, box.side) == pytest.approx((-30, 20, 160))


def test_the_square_holds_a_face_that_moves() -> None:
    box = track(0, 50, step=8).box()  # from 0 to 72
    assert box.side > 160
    assert box.x < 0
    assert box.x + box.side > 172


def test_a_face_that_wanders_off_needs_another_square() -> None:
    moved = track(0, 50)
    assert moved.has_room(Face(75, 50, 100, 100, 1.0), 50)
    assert not moved.has_room(Face(85, 50, 100, 100, 1.0), 50)
    assert not moved.has_room(Face(0, 50, 160, 160, 1.0), 50)


def test_only_faces_seen_at_the_same_time_are_numbered_apart() -> None:
    first, second, beside = track(0, 51), track(60, 111), track(20, 81)
    assert [(number, one.start) for number, one in numbered([beside, second, first])] == [(0, 0), (1, 20), (0, 60)]


def test_a_face_that_goes_and_comes_back_is_two_tracks(tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", swaying(40) + wall(40) + swaying(40))
    found = find_tracks(film)
    assert [(one.start, one.end) for one in found.tracks] == [(0, 40), (80, 120)]
    assert found.cuts == 2


def test_a_large_film_is_looked_through_reduced(tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", swaying(6, size=(1280, 960)))
    found = find_tracks(film)
    assert found.reduction == pytest.approx(1280 / 960)
    assert np.allclose([one.box().side for one in found.tracks], [0.46 * 960 * 960 / 1280 * 1.2], rtol=0.25)
