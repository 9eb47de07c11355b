"""Validation of the tables and label files of a data folder; errors name file, row and value."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from x2face_core.errors import InputError
from x2face_core.files.faults import reason

MOST_FRAMES = 999_999  # of a clip, so that clip and frame number make one number (folder.frame_keys)
_LARGEST = 1_000.0  # largest plausible absolute value of any measurement
_BOMB = 64 * 2**20  # bytes that any file may decompress to
_RATIO = 200  # or this many times its own size, if that is more
_BROKEN = (KeyError, ValueError, TypeError, OSError, EOFError, OverflowError, NotImplementedError, RuntimeError,
           MemoryError, SyntaxError, BadZipFile, zlib.error)  # fmt: skip
Arrays = dict[str, NDArray[Any]]


def path_inside(folder: Path, name: str, where: str) -> Path:
    """The path of a named file in a folder. InputError, prefixed by `where`, for a name that leads out of it."""
    paths = PurePosixPath(name), PureWindowsPath(name)
    if not name.strip() or "\0" in name or any(one.is_absolute() or one.drive or ".." in one.parts for one in paths):
        raise InputError(f"{where}: {name!r:.100} is no file in {folder}; a path below it is needed.")
    return folder / name


def whole_number(text: str, name: str, where: str, high: int) -> int:
    """Parse a whole number from 1 to `high`. ValueError for another text; InputError, prefixed by `where`, beyond."""
    number = int(text)
    if not 1 <= number <= high:
        raise InputError(f"{where}: {name} is {text:.40}; it may be from 1 to {high}.")
    return number


def bounded_number(text: str, name: str, where: str, high: float) -> float:
    """Parse a finite number from 0 to `high`. ValueError for another text; InputError, prefixed by `where`, beyond."""
    number = float(text)
    if not (math.isfinite(number) and 0 <= number <= high):
        raise InputError(f"{where}: {name} is {text:.40}; it may be from 0 to {high:g}.")
    return number


def read_arrays(file: Path) -> Arrays:
    """All arrays of an .npz file. InputError if it is broken, or a decompression bomb."""
    try:
        with ZipFile(file) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > max(_BOMB, _RATIO * file.stat().st_size):
            raise ValueError(f"it would unpack to {size / 1e9:.1f} GB")
        with np.load(file, allow_pickle=False) as data:
            return {name: data[name] for name in data}
    except _BROKEN as error:
        raise InputError(f"{file}: cannot be read ({reason(error)}); expected the arrays of docs/data.md.") from error


def check_array(file: Path, name: str, array: NDArray[Any], shape: tuple[int | None, ...]) -> None:
    """InputError for an array of another shape, or with values that are not finite or implausibly large.

    shape: None for any length
    """
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = ", ".join("n" if one is None else str(one) for one in shape)
        raise InputError(f"{file}: {name} has the shape {array.shape}; ({wanted}) is needed.")
    if array.dtype.kind not in "iuf":
        raise InputError(f"{file}: {name} holds {array.dtype}; numbers are needed.")
    known = np.abs(array.astype(np.float64)) <= _LARGEST  # False for NaN
    odd = ~known.all(axis=tuple(range(1, array.ndim)))
    if odd.any():
        row = int(odd.argmax())
        raise InputError(f"{file}: row {row} of {name} has a number that is not finite, or beyond {_LARGEST:g}.")


def check_references(file: Path, name: str, references: NDArray[Any], frames: NDArray[np.int64]) -> None:
    """InputError for references (n, 2) of clip and frame that do not exist. frames: number of frames of each clip"""
    if references.dtype.kind not in "iu":
        raise InputError(f"{file}: {name} holds {references.dtype}; whole numbers are needed.")
    clip, frame = references.astype(np.int64).T
    there = (clip >= 0) & (clip < len(frames))
    there &= (frame >= 0) & (frame < frames[np.where(there, clip, 0)])
    if not there.all():
        row = int(np.flatnonzero(~there)[0])
        raise InputError(f"{file}: row {row} of {name} is frame {frame[row]} of clip {clip[row]}; there is none.")


def required_array(file: Path, arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """The array of that name. InputError if it is missing."""
    if name not in arrays:
        raise InputError(f"{file}: lacks {name}; expected the arrays of docs/data.md.")
    return arrays[name]
