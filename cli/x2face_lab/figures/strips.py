"""Rows of frames with what they were made of at the left (paper, Fig. 4, 5, 11 … 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from x2face_core.media.pictures import Picture
from x2face_lab.figures.sheet import GAP, MARGIN, Label, Parts, Sheet, letters, line_height

_BETWEEN = 12  # pixels between examples


@dataclass(frozen=True, eq=False)
class Strip:
    """A row of frames (h, w, 3), named at its left."""

    label: str
    frames: Sequence[Picture]


@dataclass(frozen=True, eq=False)
class Given:
    """Something that an example was made of: one picture, or several in a square."""

    label: str
    pictures: Sequence[Picture]


@dataclass(frozen=True, eq=False)
class Example:
    """given: columns at the left, from the top; strips: rows of equally many frames; columns: a label above each"""

    given: Sequence[Sequence[Given]]
    strips: Sequence[Strip]
    columns: Sequence[str]


def strips_sheet(examples: Sequence[Example], cell: int = 128) -> Sheet:
    """One example below another. cell: side of a frame in pixels"""
    parts, y = Parts(), MARGIN
    for example in examples:
        y = _example(parts, example, cell, y) + _BETWEEN
    return parts.sheet()


def _example(parts: Parts, example: Example, cell: int, y: int) -> int:
    """Add an example from y downwards; returns the y at which it ends."""
    x, above, size, bottoms = MARGIN, line_height(cell), letters(cell), []
    for column in example.given:
        bottoms.append(_column(parts, column, cell, x, y))
        x += cell + 2 * GAP
    x += cell  # for the strips' labels
    for k, text in enumerate(example.columns):
        parts.labels.append(Label(text, x + k * (cell + GAP) + cell / 2, y + above / 2, size))
    y += above
    for strip in example.strips:
        parts.row(strip.frames, x, y, cell)
        parts.labels.append(Label(strip.label, x - 2 * GAP, y + cell / 2, size, align="right"))
        y += cell + GAP
    return max(y, *bottoms)


def _column(parts: Parts, column: Sequence[Given], cell: int, x: int, y: int) -> int:
    above = line_height(cell)
    for item in column:
        parts.labels.append(Label(item.label, x + cell / 2, y + above / 2, letters(cell)))
        _square(parts, item.pictures, cell, x, y + above)
        y += above + cell
    return y


def _square(parts: Parts, pictures: Sequence[Picture], cell: int, x: int, y: int) -> None:
    """Pictures in a square of `cell` pixels, as many a row as rows."""
    across = next(n for n in range(1, len(pictures) + 1) if n * n >= len(pictures))
    side = (cell - (across - 1) * GAP) // across
    for start in range(0, len(pictures), across):
        parts.row(pictures[start : start + across], x, y + start // across * (side + GAP), side)
