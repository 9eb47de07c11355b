"""Which of several faces is taken: they are numbered from left to right, and the largest is taken unless told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from x2face_core.errors import UsageError
from x2face_core.media.faces import Face
from x2face_core.media.tracking import overlap

SURE = 0.5  # score of the detector from which on a face beside the taken one counts
SHARE = 0.4  # of the taken one's width that it has at least
_SAME = 0.2  # intersection over union from which on two rectangles are one face


@dataclass(frozen=True)
class Chosen:
    """faces: those that count, left to right; number: of the one that is taken, from 1"""

    faces: tuple[Face, ...]
    number: int

    @property
    def face(self) -> Face:
        return self.faces[self.number - 1]


def choose_face(found: Sequence[Face], number: int | None, name: str) -> Chosen:
    """Of faces, the most prominent first, that one, or the one of a number. UsageError, saying `name`, for no such."""
    first = found[0]
    beside = [face for face in found[1:] if face.score >= SURE and face.w >= SHARE * first.w]
    faces = left_to_right([first, *beside])
    if number is None:
        return Chosen(faces, faces.index(first) + 1)
    if number > len(faces):
        raise UsageError(f"--face {number}: {name} shows {told(len(faces))}.")
    return Chosen(faces, number)


def left_to_right(faces: Iterable[Face]) -> tuple[Face, ...]:
    """By their middles, each once."""
    kept: list[Face] = []
    for face in faces:
        if all(overlap(face, other) < _SAME for other in kept):
            kept.append(face)
    return tuple(sorted(kept, key=lambda face: face.x + face.w / 2))


def told(count: int) -> str:
    return "one face" if count == 1 else f"{count} faces"
