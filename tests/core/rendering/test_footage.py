"""Reading a film as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.factors import FirstNumbers
from tests.films import elsewhere, swaying, write
from x2face_core.media import video
from x2face_core.rendering.footage import read_footage
from x2face_core.sources.portraits import Cropping

MOUTH = FirstNumbers(("mouth_open", "mouth_width"))


def test_of_a_film_no_more_is_read_than_is_dubbed(
    tmp_path: Path, tiny_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = write(tmp_path / "film.mp4", swaying(20) + elsewhere(swaying(20)))
    decode, count = video.decoded_film, 0

    def noted(*given: Any, **named: Any) -> Any:
        nonlocal count
        for frame in decode(*given, **named):
            count += 1
            yield frame

    monkeypatch.setattr(video, "decoded_film", noted)
    footage = read_footage(
        film, tiny_model, Cropping(side=32), 2, seconds=0.2, load_mapping=lambda name: MOUTH, rest="mouth"
    )
    assert (footage.frames, [one.scene.stop for one in footage.scenes]) == (5, [5])
    assert 3 * 5 <= count <= 3 * 7, "searched for cuts, for the face, and encoded"
