"""What moves in a film, in words, from readings of its driving vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_LEAST = 4.0  # degrees of a range of angles that is worth saying
_ROLL, _PITCH, _YAW, _MOUTH, _EYES = 0, 1, 2, 3, slice(5, 7)  # indices in model.READINGS
# Range of the mouth's opening, in heights of the face, that is worth saying, and that is wide.
_OPENS, _WIDE = 0.02, 0.06
_SHUT, _AWAKE = 0.5, 0.75  # share of the usual opening of the eyes below which they are shut, and from which open again


@dataclass
class Movement:
    """Collects readings of a film: 28 bytes a frame."""

    _rows: bytearray = field(default_factory=bytearray, repr=False)

    def add(self, readings: Tensor) -> None:
        """readings: (n, 7), model.READINGS of driving vectors"""
        self._rows += readings.numpy().astype(np.float32).tobytes()

    def words(self) -> str:
        """Such as: head turns 31° and nods 12°, mouth opens, 3 blinks; empty if nothing was read."""
        rows = np.frombuffer(self._rows, np.float32).reshape(-1, 7)
        return ", ".join(_phrases(rows)) if len(rows) else ""


def _phrases(rows: NDArray[np.float32]) -> Iterator[str]:
    low, high = np.quantile(rows, [0.02, 0.98], axis=0)
    far = high - low
    turns = [(far[_YAW], "turns"), (far[_PITCH], "nods"), (far[_ROLL], "tilts")]
    moves = [f"{word} {angle:.0f}°" for angle, word in turns if angle >= _LEAST]
    yield f"head {_joined(moves)}" if moves else "head still"
    if far[_MOUTH] >= _OPENS:
        yield "mouth opens wide" if far[_MOUTH] >= _WIDE else "mouth opens"
    else:
        yield "mouth still"
    if count := blinks(rows[:, _EYES].mean(axis=1)):
        yield f"{count} blink{'s' if count > 1 else ''}"


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def blinks(eyes: NDArray[np.float32]) -> int:
    """How often the eyes (n,) close and open again, relative to their usual opening."""
    usual = float(np.quantile(eyes, 0.8))
    count, shut = 0, False
    for value in eyes:
        if not shut and value < _SHUT * usual:
            count, shut = count + 1, True
        elif value > _AWAKE * usual:
            shut = False
    return count
