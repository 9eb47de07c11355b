"""The pages on Python hold: each of their blocks runs, in their order, as a reader would run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .walkthroughs import blocks

pytestmark = [pytest.mark.slow, pytest.mark.weights]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With the reader's photo.jpg, film.mp4 and speech.wav."""
    import shutil

    from skimage.data import astronaut

    from x2face_core.media.images import write_picture
    from x2face_lab.demo.inputs import FILM, SPEECH

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    write_picture("photo.jpg", astronaut())
    shutil.copy(FILM, "film.mp4")
    shutil.copy(SPEECH, "speech.wav")
    return tmp_path


def test_the_example_of_the_readme_does_what_it_says(folder: Path) -> None:
    left = follow("../README.md")
    assert left["frame"].shape == (256, 256, 3) and left["frames"].shape == (8, 256, 256, 3)


def follow(page: str) -> dict[str, Any]:
    """Run a page's blocks one after the other; the names that they leave."""
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.text, page, "exec"), names)
    return names


def test_the_page_on_python_does_what_it_says(folder: Path) -> None:
    left = follow("python.md")
    assert sorted(path.name for path in folder.glob("*.mp4")) == ["film.mp4", "talking.mp4", "together.mp4"]
    assert left["report"]["frames"] == 25
    assert len(left["frames"]) == 25 and left["picture"].shape == (256, 256, 3)
    assert not np.array_equal(left["frames"][0], left["frames"][6])


def test_the_page_that_looks_inside_draws_its_pictures(folder: Path) -> None:
    left = follow("looking-inside.md")
    assert sorted(path.name for path in folder.glob("inside-*.png")) == [
        "inside-between.png", "inside-embedded.png", "inside-flow.png"
    ]  # fmt: skip
    yaw = left["pose"].read(left["between"])[:, 2]
    assert (yaw.diff() > 0).all() and float(yaw[-1] - yaw[0]) == pytest.approx(40, abs=1)
