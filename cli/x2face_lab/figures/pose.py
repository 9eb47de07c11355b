"""Sweeps of roll, pitch and yaw, each with the other two angles fixed (paper, Fig. 6 and 15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from x2face_core.sources.source import ModelSource
from x2face_lab.figures.sheet import GAP, MARGIN, Label, Parts, Place, Sheet, Tile, letters, line_height, signed
from x2face_lab.figures.subjects import laid_out, portrait, rendered
from x2face_lab.figures.turning import AXES, turned

_MEANING = {"roll": "roll, clockwise", "pitch": "pitch, up", "yaw": "yaw, to the right"}
_BETWEEN = 12  # pixels between subjects


def pose_sheet(
    subjects: Sequence[ModelSource], sweeps: Mapping[str, Sequence[float]], cell: int = 128, *, absolute: bool = False
) -> Sheet:
    """For each subject, source and embedded face at the left, and rows of roll, pitch and yaw.

    sweeps: degrees (n,) by axis, one row each
    cell: side of a generated frame in pixels; absolute: as of `turned`
    """
    parts, y = Parts(), MARGIN
    for subject in subjects:
        y = _subject(parts, subject, sweeps, cell, y, absolute) + _BETWEEN
    return parts.sheet()


def _subject(
    parts: Parts, subject: ModelSource, sweeps: Mapping[str, Sequence[float]], cell: int, y: int, absolute: bool
) -> int:
    """Add a subject from y downwards; returns the y at which it ends."""
    height = len(AXES) * (line_height(cell) + cell)
    x = _given(parts, subject, cell, y, height)
    for axis in AXES:
        y += line_height(cell)
        frames = rendered(subject, turned(subject, axis, sweeps[axis], absolute=absolute))
        places = parts.row(frames, x + line_height(cell), y, cell)
        size, up = letters(cell), y - line_height(cell) / 2
        parts.labels.append(Label(_MEANING[axis], x + line_height(cell) / 2 - 2, places[0].level, size, upright=True))
        for degrees, place in zip(sweeps[axis], places, strict=True):
            parts.labels.append(Label(signed(degrees), place.middle, up, size))
        y += cell
    return y


def _given(parts: Parts, subject: ModelSource, cell: int, y: int, height: int) -> int:
    """Add source and embedded face, stacked, with a given total height; returns their right edge."""
    above, size = line_height(cell), letters(cell)
    side = height // 2 - above
    for name, picture in (("source", portrait(subject)), ("embedded face", laid_out(subject.face))):
        place = Place(MARGIN, y + above, side, side)
        parts.tiles.append(Tile(place, picture))
        parts.labels.append(Label(name, place.middle, y + above / 2, size))
        y = place.bottom
    return MARGIN + side + 2 * GAP
