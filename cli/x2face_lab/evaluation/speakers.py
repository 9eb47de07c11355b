"""Figures of driving by speech as means over speakers, so that each speaker counts equally."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from x2face_lab.evaluation.audio import SpeechResult, correlation
from x2face_lab.evaluation.intervals import interval
from x2face_lab.evaluation.tally import Tally

_FIGURES = ("r", "r_other", "amplitude")


def by_person(films: Sequence[SpeechResult], digits: int = 3) -> dict[str, Any]:
    """Means over speakers of each speaker's mean over clips in which the mouth moves; figures as in `summary`.

    r_by_person, r_other_by_person, amplitude_by_person; left out if undefined
    r_by_person_interval: bootstrap confidence interval over speakers; needs three
    speakers: their number
    """
    tally = _tally(films)
    people = {name: tally.means(name) for name in _FIGURES}
    found: dict[str, Any] = {
        f"{name}_by_person": round(float(np.nanmean(values)), digits)
        for name, values in people.items()
        if np.isfinite(values).any()
    }
    ends = interval(people["r"])
    bounds = {} if ends is None else {"r_by_person_interval": [round(end, digits) for end in ends]}
    return found | bounds | {"speakers": len(tally.people)}


def _tally(films: Sequence[SpeechResult]) -> Tally:
    tally, moving = Tally(), [film for film in films if film.moves]
    for film in moving:
        tally.add(film.identity, "r", [correlation(film.generated, film.true)])
        tally.add(film.identity, "amplitude", [float(np.nanstd(film.generated) / np.nanstd(film.true))])
    for own, other in product(moving, films):
        if own.identity != other.identity:
            tally.add(own.identity, "r_other", [correlation(other.generated, own.true)])
    return tally
