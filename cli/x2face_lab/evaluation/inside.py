"""Evaluation of the inside of the mouth for sources with closed lips."""

from __future__ import annotations

from x2face_core.model import X2Face
from x2face_lab.evaluation.regions import between_lips
from x2face_lab.evaluation.tally import Tally
from x2face_lab.evaluation.tracks import Film
from x2face_lab.evaluation.truth import Truth

CLOSED, OPEN = 0.015, 0.05
"""Largest mouth opening that counts as closed and least that counts as open, in heights of the face."""


def measure_inside(model: X2Face, person: str, film: Film, truth: Truth, tally: Tally) -> None:
    """Add the L1 between the lips over frames with an open mouth; the source is the frame with the least opening.

    inside_l1: of the generated frames; inside_copy: of copying the source. Nothing if a clip lacks such frames.
    """
    opened = truth.mouth_open >= OPEN
    if not opened.any() or truth.mouth_open.min() > CLOSED:
        return
    source = film.pictures[film.at(int(truth.frames[truth.mouth_open.argmin()]))]
    targets = film.pictures[[film.at(int(frame)) for frame in truth.frames[opened]]]
    generated = model.render(model.embed(source[None]), model.encode(targets))
    for landmarks, true, made in zip(truth.landmarks[opened], targets, generated, strict=True):
        lips = between_lips(landmarks, true.shape[-1])
        if lips.any():
            tally.add(person, "inside_l1", [float((made - true).abs().mean(0)[lips].mean())])
            tally.add(person, "inside_copy", [float((source - true).abs().mean(0)[lips].mean())])
