"""The pictures that are taken from a source film, and its face, without decoding all of a long one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.films import Pictures, swaying, wall
from x2face_core.media import moments as sampling
from x2face_core.media import video
from x2face_core.media.folders import LOOKS
from x2face_core.media.moments import Moments
from x2face_core.media.scan import scan_film
from x2face_core.media.video import read_frames


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows by each frame that is decoded: whether it is a keyframe."""
    seen: list[bool] = []
    decode = video.decoded_film

    def noted(*given: Any, **named: Any) -> Iterator[Any]:
        for frame in decode(*given, **named):
            seen.append(bool(frame.key_frame))
            yield frame

    monkeypatch.setattr(video, "decoded_film", noted)
    return seen


def long_film(path: Path, pictures: Pictures, apart: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """12.5 frames a second, a keyframe `apart` frames after the other; 10 s of it count as long."""
    monkeypatch.setattr(sampling, "_LONG", 10.0)
    with av.open(str(path), "w") as out:
        film: Any = out.add_stream("libx264", rate=Fraction(25, 2), options={"g": str(apart), "sc_threshold": "0"})
        film.height, film.width, film.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        for picture in pictures:
            out.mux(film.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(film.encode(None))
    return path


def test_of_a_long_film_keyframes_alone_are_decoded(
    tmp_path: Path, decoded: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = long_film(tmp_path / "film.mp4", swaying(60) + wall(30) + swaying(60), 3, monkeypatch)
    found = Moments.of(path)
    scan, pictures = found.scan(), list(found.pictures())
    assert 3 * 40 < len(decoded) <= 3 * 50
    assert all(decoded)
    assert 46 <= len(pictures) <= LOOKS
    every = scan_film(path)
    assert abs(scan.box.x - every.box.x) + abs(scan.box.y - every.box.y) < 0.1 * every.box.side
    assert scan.box.side == pytest.approx(every.box.side, rel=0.1)
    expected = [every.has_face(round(k / found.rate * 12.5)) for k in range(len(pictures))]
    assert (scan.present != expected).sum() <= 2, "one at either end of the wall"
    assert not scan.present[22:26].any()
    frames = np.stack(list(read_frames(path))).astype(int)
    nearest = [int(np.abs(frames - picture).mean(axis=(1, 2, 3)).argmin()) for picture in pictures]
    assert all(abs(at - k / found.rate * 12.5) <= 3 for k, at in enumerate(nearest) if scan.present[k])


def test_a_film_with_few_keyframes_is_decoded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = long_film(tmp_path / "film.mp4", swaying(130), 60, monkeypatch)
    assert Moments.of(path).skip == "none"
    pictures = list(Moments.of(path).pictures())
    assert len(pictures) == LOOKS
    assert all((a != b).any() for a, b in zip(pictures, pictures[1:], strict=False))
    assert Moments.of(path).scan().present.shape == (LOOKS,)
