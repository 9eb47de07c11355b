"""The released files in a folder, by the names that they were released under."""

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
"""Each part's names; of several that are there the first is taken, as they hold the same."""


def find_released(folder: Path) -> list[Path]:
    """One file of each part that is somewhere below a folder, such as a clone of the authors' repository.

    InputError where there is no folder, or none of the networks in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; it takes one with the released files in it.")
    found = [first for names in RELEASED if (first := _first(folder, names)) is not None]
    if not any(path.match("x2face_model*") for path in found):
        raise InputError(f"{folder}: holds no x2face_model.pth and no x2face_model_forpython3.pth, at any depth.")
    return found


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((path for name in names for path in sorted(folder.rglob(name)) if path.is_file()), None)
