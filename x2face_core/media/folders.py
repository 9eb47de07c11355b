"""Folders of pictures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.errors import InputError
from x2face_core.media.kinds import PICTURE_SUFFIXES

LOOKS = 48
"""Largest number of pictures of a source folder or film in which a face is searched for."""


def picture_files(folder: Path) -> list[Path]:
    """The pictures in a folder in natural order of their names, without hidden files. InputError if there is none."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.name[0] != "."]
    if not files:
        raise InputError(f"{folder}: this folder holds no picture; {', '.join(sorted(PICTURE_SUFFIXES))} are read.")
    return sorted(files, key=_by_number)


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """(n,) up to `most` of the indices 0 … count - 1, evenly spaced, first and last included."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(np.int64))


def _by_number(path: Path) -> list[tuple[int, int | str]]:
    """Sort key for natural order: 2.png before 10.png."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", path.name) if part]
