"""Selection of one of several faces: by number from left to right, by default the most prominent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from x2face_core.errors import UsageError
from x2face_core.media.faces import Face
from x2face_core.media.tracking import overlap

SURE = 0.5  # least detector score of a face besides the most prominent one
SHARE = 0.4  # least width, relative to the most prominent one
_SAME = 0.2  # least intersection over union of rectangles of the same face


@dataclass(frozen=True)
class Chosen:
    """faces: those large and certain enough, left to right; number: of the selected one, from 1"""

    faces: tuple[Face, ...]
    number: int

    @property
    def face(self) -> Face:
        return self.faces[self.number - 1]


def choose_face(found: Sequence[Face], number: int | None, name: str) -> Chosen:
    """Select a face by its number, or the most prominent one.

    found: the most prominent first; name: of the picture, for the UsageError if there is no such face
    """
    first = found[0]
    beside = [face for face in found[1:] if face.score >= SURE and face.w >= SHARE * first.w]
    faces = left_to_right([first, *beside])
    if number is None:
        return Chosen(faces, faces.index(first) + 1)
    if number > len(faces):
        raise UsageError(f"--face {number}: {name} shows {count_of_faces(len(faces))}.")
    return Chosen(faces, number)


def left_to_right(faces: Iterable[Face]) -> tuple[Face, ...]:
    """Faces sorted by the x of their centres; overlapping duplicates are removed."""
    kept: list[Face] = []
    for face in faces:
        if all(overlap(face, other) < _SAME for other in kept):
            kept.append(face)
    return tuple(sorted(kept, key=lambda face: face.x + face.w / 2))


def count_of_faces(count: int) -> str:
    return "one face" if count == 1 else f"{count} faces"
