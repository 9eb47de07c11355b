"""Searching a folder for the released files by their original names."""

from __future__ import annotations

from pathlib import Path

from x2face_core.errors import InputError

RELEASED = (
    ("x2face_model_forpython3.pth", "x2face_model.pth"),
    ("posereg_forpython3.pth", "posereg.pth"),
    ("posetobottle_forpython3.pth", "posetobottle.pth"),
    ("linearregression_scaledTrue_*.pkl",),
    ("scaler_*.pkl",),
)
"""Alternative names of each part; their contents are equal, so the first that exists is taken."""


def find_released(folder: Path) -> list[Path]:
    """One file of each part found below a folder, such as a clone of the authors' repository.

    InputError if there is no such folder, or it does not contain the networks.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; it takes one with the released files in it.")
    found = [first for names in RELEASED if (first := _first(folder, names)) is not None]
    if not any(path.match("x2face_model*") for path in found):
        raise InputError(f"{folder}: holds no x2face_model.pth and no x2face_model_forpython3.pth, at any depth.")
    return found


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((path for name in names for path in sorted(folder.rglob(name)) if path.is_file()), None)
