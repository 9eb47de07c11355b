"""Whoever does what the page on modalities says, with films and a glove of their own, gets what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .environments import Environment
from .walkthroughs import Reader, fits

FRAMES = {"monday": slice(0, 60), "tuesday": slice(60, 130)}


def write_table(path: Path, part: slice) -> None:
    """What a hand would have done that is as open as the rendered head's mouth and tilts as it turns."""
    from x2face_lab.demo.inputs import read_truth

    truth = {name: column[part] for name, column in read_truth().items()}
    columns = [truth["seconds"] - truth["seconds"][0], 1 - truth["mouth_open"], truth["yaw"]]
    np.savetxt(path, np.stack(columns, axis=1), "%.3f", ",", header="seconds,bend,tilt", comments="")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """With recordings/, evening.csv and photo.jpg."""
    from skimage.data import astronaut

    from x2face_core.media.images import write_picture
    from x2face_core.media.video import read_frames
    from x2face_core.media.writing import write_film
    from x2face_lab.demo.inputs import FILM

    folder = tmp_path / "x2face-glove"
    (folder / "recordings").mkdir(parents=True)
    frames = list(read_frames(FILM))
    for name, part in FRAMES.items():
        write_film(folder / "recordings" / f"{name}.mp4", iter(frames[part]), 25)
        write_table(folder / "recordings" / f"{name}.csv", part)
    write_table(folder / "evening.csv", slice(60, 90))
    write_picture(folder / "photo.jpg", astronaut())
    return Reader(Environment(tmp_path), folder)


@pytest.mark.slow
@pytest.mark.weights
def test_the_page_on_modalities_leads_where_it_says(reader: Reader) -> None:
    typed = []
    for line, promised, printed in reader.follow("modality.md"):
        assert fits(promised, printed), f"$ {line}\n{printed}"
        typed.append(line)
    assert len(typed) == 5 and (reader.folder / "puppet.mp4").is_file()
