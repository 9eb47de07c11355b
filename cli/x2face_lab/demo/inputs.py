"""The demo's own files: a driving film, its ground truth, speech, and a source picture.

docs/images/head.py renders them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "assets" / "demo"
FILM = FOLDER / "head.mp4"
TRUTH = FOLDER / "head.csv"
PICTURE = FOLDER / "sitter.png"
SPEECH = FOLDER / "speech.wav"
COLUMNS = ("roll", "pitch", "yaw", "mouth_open", "blink")


def read_truth(path: Path = TRUTH) -> dict[str, NDArray[np.float64]]:
    """The ground truth of the driving film, (frames,) by column."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("seconds", *COLUMNS)}
