"""The same paint on several embedded faces and their frames (paper, Fig. 8 and 13)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from x2face_core.media.pictures import Picture
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveOverlay
from x2face_lab.figures.motion import Column, Motion
from x2face_lab.figures.sheet import GAP, MARGIN, Label, Parts, Sheet, letters, line_height
from x2face_lab.figures.subjects import laid_out, painted, portrait, rendered


def edit_sheet(
    subjects: Sequence[ModelSource], overlays: Sequence[ActiveOverlay], motion: Motion, cell: int = 128
) -> Sheet:
    """One row for each subject: source, painted embedded face, and frames; driving frames at the top, if any.

    Columns with the widest turns have bold labels. cell: side of a picture in pixels
    """
    parts, x = Parts(), MARGIN + 2 * (cell + GAP) + 3 * GAP
    y = _header(parts, motion, x, cell)
    driving = [column.driving for column in motion.columns if column.driving is not None]
    if driving:
        parts.row(driving, x, y, cell)
        parts.labels.append(Label("driven by", x - 3 * GAP, y + cell / 2, letters(cell), align="right"))
        y += cell + 3 * GAP
    for subject, vectors in zip(subjects, motion.vectors, strict=True):
        parts.row([portrait(subject), laid_out(painted(subject.face, overlays))], MARGIN, y, cell)
        parts.row(_frames(subject, overlays, motion.columns, vectors), x, y, cell)
        y += cell + GAP
    return parts.sheet()


def _header(parts: Parts, motion: Motion, x: int, cell: int) -> int:
    """Add a label above each column; returns the y at which the pictures begin."""
    size, high = letters(cell), 2 * line_height(cell)
    y = MARGIN + high / 2
    for k, text in enumerate(("source", "embedded\nand painted")):
        parts.labels.append(Label(text, MARGIN + k * (cell + GAP) + cell / 2, y, size))
    for k, column in enumerate(motion.columns):
        parts.labels.append(Label(column.label, x + k * (cell + GAP) + cell / 2, y, size, bold=column.widest))
    return MARGIN + high


def _frames(
    subject: ModelSource, overlays: Sequence[ActiveOverlay], columns: Sequence[Column], vectors: Tensor
) -> list[Picture]:
    """One frame (h, w, 3) for each column; moving overlays are evaluated at its time, others once."""
    if not any(overlay.moving for overlay in overlays):
        return rendered(subject, vectors, painted(subject.face, overlays))
    faces = [painted(subject.face, overlays, column.seconds) for column in columns]
    return [rendered(subject, vector[None], face)[0] for vector, face in zip(vectors, faces, strict=True)]
