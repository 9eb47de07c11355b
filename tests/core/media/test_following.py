"""Following faces from look to look, with fewer looks where nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.media import following, scan
from x2face_core.media.faces import Face
from x2face_core.media.following import FaceTracker
from x2face_core.media.frames import DecodedPicture
from x2face_core.media.opening import Skip, decoded_film, film_stream, opened
from x2face_core.media.scan import scan_film

Maker = Callable[..., Path]


class Scene:
    """A face at x(number) in the frame of that number, whose first pixel is the number; `looks` counts detections."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, x: Callable[[int], float | None]) -> None:
        self.x, self.looks = x, 0
        monkeypatch.setattr(following, "follow_face", lambda picture, last: self.seen(picture))
        monkeypatch.setattr(following, "spot_faces", lambda picture, longest: [self.seen(picture)])

    def seen(self, picture: Any) -> Face | None:
        self.looks += 1
        x = self.x(int(picture[0, 0, 0]))
        return None if x is None else Face(x, 10.0, 100.0, 100.0, 1.5)

    def tracked(self, count: int) -> dict[int, float]:
        tracker = FaceTracker(480)
        for number in range(count):
            tracker.look_sparsely(number, DecodedPicture(np.full((8, 8, 3), number, np.uint8)))
        tracker.finish()
        (track,) = tracker.tracks
        assert list(track.faces) == sorted(track.faces)
        return {number: face.x for number, face in track.faces.items()}


def test_a_face_that_moves_little_is_looked_at_every_other_time_and_lies_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(monkeypatch, lambda number: 50.0 + 10 * number)
    assert scene.tracked(9) == {number: 50.0 + 10 * number for number in range(9)}
    assert scene.looks == 2 + 4  # the first two, then the fourth, sixth and eighth, and the last


def test_a_face_that_moves_far_is_looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, lambda number: 50.0 + 14 * number)
    assert scene.tracked(8) == {number: 50.0 + 14 * number for number in range(8)}
    assert scene.looks == 8


def test_the_look_before_a_face_leaves_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, lambda number: 50.0 if number < 5 else None)
    monkeypatch.setattr(
        following, "spot_faces", lambda picture, longest: [scene.seen(picture)] * int(picture[0, 0, 0] < 5)
    )
    assert set(scene.tracked(9)) == {0, 1, 2, 3, 4}


def test_sparse_decoding_leaves_frames_out_and_keeps_the_time_of_the_others(
    make_film: Maker, portrait_film: Any
) -> None:
    def times(skip: Skip) -> list[int]:
        with opened(path) as film:
            stream = film_stream(film)
            assert stream is not None
            return [int(frame.pts or 0) for frame in decoded_film(film, stream, skip=skip)]

    path = make_film(pictures=portrait_film(40))
    all_of_them, some = times("none"), times("bidirectional")
    assert len(all_of_them) == 40
    assert len(some) <= len(all_of_them)
    assert set(some) <= set(all_of_them)


def test_a_long_film_scanned_sparsely_has_the_box_of_all_its_frames(
    make_film: Maker, portrait_film: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as long as such films are: the detector tells sizes in steps of a fifth, which a few looks alone do not average
    path = make_film(pictures=portrait_film(100), fps=5)
    sparse = scan_film(path)
    monkeypatch.setattr(scan, "_LONG", 21.0)
    every = scan_film(path)
    assert sparse.present.shape == every.present.shape == (100,)
    assert sparse.present.all()
    for name in ("x", "y", "side"):
        assert getattr(sparse.box, name) == pytest.approx(getattr(every.box, name), abs=0.04 * every.box.side)
