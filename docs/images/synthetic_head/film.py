"""The demo's own files, rendered: the driving film, what is true in each frame, the sitter, and a spoken sound."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthetic_head.appearance import DRIVER, SITTER
from synthetic_head.renderer import render
from synthetic_head.script import FPS, moments, state_at
from synthetic_head.state import State
from x2face_lab.demo.inputs import COLUMNS, FILM, PICTURE, SPEECH, TRUTH

SIDE = 256


def pictures(side: int = SIDE) -> Iterator[NDArray[np.uint8]]:
    """The driving film's frames, rendered: (side, side, 3) each."""
    for seconds in moments():
        yield render(state_at(seconds), DRIVER, side)


def sitter(side: int = SIDE) -> NDArray[np.uint8]:
    """(side, side, 3): another head, at rest; its lips are parted, for a warp shows nothing that was hidden."""
    return render(State(yaw=2, smile=0.15, mouth_open=0.17), SITTER, side)


def write_truth(path: Path) -> None:
    """A row a frame: seconds, degrees of roll, pitch and yaw, how open the mouth and how closed the lids are."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("seconds", *COLUMNS))
        for seconds in moments():
            state = state_at(seconds)
            rows.writerow((f"{seconds:.2f}", *(f"{getattr(state, name):.3f}" for name in COLUMNS)))


def make(folder: Path, frames: Iterable[NDArray[np.uint8]]) -> None:
    """Write film, truth, sitter and speech into a folder."""
    from synthetic_head.voice import write_speech
    from x2face_core.media.images import write_picture
    from x2face_core.media.writing import write_film

    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"title": "A rendered head", "comment": "made by synthetic_head"}
    write_film(folder / FILM.name, frames, FPS, metadata=metadata)
    write_truth(folder / TRUTH.name)
    write_picture(folder / PICTURE.name, sitter(2 * SIDE))
    write_speech(folder / SPEECH.name)
