"""Folders of pictures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.errors import InputError
from x2face_core.media.kinds import PICTURE_SUFFIXES

LOOKS = 48
"""Pictures of a folder, or of a film for sources, that are searched for a face at most."""


def picture_files(folder: Path) -> list[Path]:
    """The pictures in a folder, by their names, hidden ones left out. InputError where there is none."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.name[0] != "."]
    if not files:
        raise InputError(f"{folder}: this folder holds no picture; {', '.join(sorted(PICTURE_SUFFIXES))} are read.")
    return sorted(files, key=_by_number)


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Numbers of up to `most` of `count` things, evenly spaced from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(np.int64))


def _by_number(path: Path) -> list[tuple[int, int | str]]:
    """Names in the order in which people count: 2.png before 10.png."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", path.name) if part]
