"""Evaluation of what a source with closed lips or closed lids does not show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

from x2face_core.model import X2Face
from x2face_lab.evaluation.regions import between_lips, eyes
from x2face_lab.evaluation.tally import Tally
from x2face_lab.evaluation.tracks import Film
from x2face_lab.evaluation.truth import Floats, Truth

CLOSED, OPEN = 0.015, 0.05
"""Largest mouth opening that counts as closed and least that counts as open, in heights of the face."""
SHUT, LOOKING = 0.12, 0.2
"""The same of the lids, in widths of the eye."""


def measure_inside(model: X2Face, person: str, film: Film, truth: Truth, tally: Tally) -> None:
    """Add the L1 between the lips over frames with an open mouth; the source is the frame with the least opening.

    inside_l1: of the generated frames; inside_copy: of copying the source. Nothing if a clip lacks such frames.
    """
    _measure(model, person, film, truth, tally, "inside", truth.mouth_open, (CLOSED, OPEN), between_lips)


def measure_eyes(model: X2Face, person: str, film: Film, truth: Truth, tally: Tally) -> None:
    """Add the L1 in the eyes over frames with open eyes; the source is the frame with the lids nearest together.

    eyes_l1: of the generated frames; eyes_copy: of copying the source. Nothing if a clip lacks such frames.
    """
    _measure(model, person, film, truth, tally, "eyes", truth.eyes_open, (SHUT, LOOKING), eyes)


def _measure(
    model: X2Face,
    person: str,
    film: Film,
    truth: Truth,
    tally: Tally,
    name: str,
    opening: Floats,
    bounds: tuple[float, float],
    region: Callable[[Floats, int], Tensor],
) -> None:
    opened = opening >= bounds[1]
    if not opened.any() or np.nanmin(opening) > bounds[0]:
        return
    source = film.pictures[film.at(int(truth.frames[np.nanargmin(opening)]))]
    targets = film.pictures[[film.at(int(frame)) for frame in truth.frames[opened]]]
    generated = model.render(model.embed(source[None]), model.encode(targets))
    for landmarks, true, made in zip(truth.landmarks[opened], targets, generated, strict=True):
        where = region(landmarks, true.shape[-1])
        if where.any():
            tally.add(person, f"{name}_l1", [float((made - true).abs().mean(0)[where].mean())])
            tally.add(person, f"{name}_copy", [float((source - true).abs().mean(0)[where].mean())])
