"""How much of its input the frame driver searches and reads, by the length of the run."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.drivers.streams import vectors
from x2face_core.errors import UsageError
from x2face_core.media import clips
from x2face_core.media.scan import search_film
from x2face_core.media.writing import write_film
from x2face_core.sources.source import ModelSource
from x2face_frame import Settings
from x2face_frame.driver import FrameDriver
from x2face_frame.plugin import x2face_drivers
from x2face_plugins.searching import searching


def test_of_a_short_run_the_last_frame_read_is_told(folder: Path, source: ModelSource) -> None:
    with pytest.raises(UsageError, match="--frame-zero 5: of 0.08 s of film, the last frame is 2"):
        vectors(FrameDriver(Settings(str(folder), zero="5", crop="none")), source.timed(25, 0.08))


def test_of_a_folder_no_more_pictures_are_read_than_the_run_needs(
    folder: Path, source: ModelSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    read = clips.read_picture
    monkeypatch.setattr(clips, "read_picture", lambda file: [seen.append(file.name), read(file)][1])
    rows = vectors(FrameDriver(Settings(str(folder), crop="none")), source.timed(25, 0.08))
    assert (len(rows), len(set(seen))) == (3, 3)


def test_the_face_is_searched_for_once_while_the_driver_is_loaded(
    tmp_path: Path, source: ModelSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skimage.data import astronaut

    (spec,) = x2face_drivers()
    film = tmp_path / "film.mp4"
    write_film(film, (np.roll(astronaut()[:320, :320], k, axis=1) for k in range(12)), 25)
    anew = FrameDriver(Settings(str(film)))
    plain = vectors(anew, source)
    search = search_film
    threads: list[threading.Thread] = []

    def noted(*given: Any, **named: Any) -> Any:
        threads.append(threading.current_thread())
        return search(*given, **named)

    monkeypatch.setattr("x2face_core.media.clips.search_film", noted)
    monkeypatch.setattr("x2face_core.media.scan.search_film", noted)
    with searching(None):
        driver = spec.load(Settings(str(film)))
    assert torch.equal(vectors(driver, source), plain)
    assert driver.box == anew.box
    assert [one is threading.main_thread() for one in threads] == [False]
    with searching(0.2):  # of which the run does not come, but of all
        driver = spec.load(Settings(str(film)))
    assert torch.equal(vectors(driver, source), plain)
    assert [one is threading.main_thread() for one in threads] == [False, False, True]
    assert spec.load(Settings(str(film)))._search is None, "no run says how much of it is needed"
