"""Measures of methods on the same takes: reconstruction, identity, jitter, and the pose followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from x2face_core.identity.encoding import IdentityEncoder
from x2face_lab.comparison.methods import Method
from x2face_lab.comparison.takes import Take
from x2face_lab.evaluation.across import CrossDriving
from x2face_lab.evaluation.intervals import interval
from x2face_lab.evaluation.keypoints import jitter
from x2face_lab.evaluation.readers import MEASURES, Reader, Readings
from x2face_lab.evaluation.tally import Tally

AXES = MEASURES[:3]
EVERY = 5
"""The identity of every fifth frame is measured."""
_SAID = {"l1": 5, "identity": 3, "to_driver": 3, "aed": 3, "jitter": 3, "found": 3}
"""Figures and their digits."""


@dataclass
class Comparison:
    """Measures of each method, by person.

    reader: measures pose and landmarks; encoder: tells people
    """

    reader: Reader
    encoder: IdentityEncoder
    tallies: dict[str, Tally] = field(default_factory=dict)

    @torch.inference_mode()
    def add(self, take: Take, methods: Sequence[Method], progress: Callable[[], None] = lambda: None) -> None:
        """Measure all methods on a take across people, and on its driving film driven by itself."""
        true = self.reader.look(take.driving)
        itself, driver = take.itself(), take.persons[1]
        for method in methods:
            tally = self.tallies.setdefault(method.label, Tally())
            made = method.frames(itself)
            tally.add(driver, "l1", (made - itself.driving)[1:].abs().mean((1, 2, 3)).tolist())
            self._across(take, method.frames(take), true, tally)
            progress()

    def _across(self, take: Take, made: torch.Tensor, true: Readings, tally: Tally) -> None:
        seen, (source, driver) = self.reader.look(made), take.persons
        shown, of_source, of_driver = (
            self.encoder.embed(part) for part in (made[::EVERY], take.source[None], take.driving[::EVERY])
        )
        tally.add(source, "identity", (shown @ of_source[0]).tolist())
        tally.add(source, "to_driver", (shown * of_driver).sum(1).tolist())
        tally.add(source, "aed", (shown - of_source).norm(dim=1).tolist())
        tally.add(driver, "found", np.isfinite(seen.measures[:, 0]).astype(float))
        if seen.landmarks is not None and true.landmarks is not None:
            tally.add(driver, "jitter", jitter(seen.landmarks))
            tally.add(driver, "jitter_true", jitter(true.landmarks))
        ends = (take.driving[:1], made[:1])
        followed = CrossDriving(true.measures, seen.measures, take.source, ends).correlations()
        for axis, (r, slope) in zip(AXES, followed, strict=False):
            tally.add(driver, f"{axis}_r", [r])
            tally.add(driver, f"{axis}_slope", [slope])

    def figures(self) -> dict[str, Any]:
        """rows: figures of each method, means over people, and intervals over people where there are three or more."""
        rows = [{"method": label} | _row(tally) for label, tally in self.tallies.items()]
        first = next(iter(self.tallies.values()), Tally())
        found: dict[str, Any] = {"read_by": self.reader.name, "people": len(first.people), "rows": rows}
        return found | _rounded("jitter_true", first, 3)


def _row(tally: Tally) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, digits in _SAID.items():
        row |= _rounded(name, tally, digits)
    for kind in ("r", "slope"):
        means = {axis: tally.means(f"{axis}_{kind}") for axis in AXES}
        row[kind] = {axis: round(float(np.nanmean(of)), 3) for axis, of in means.items() if np.isfinite(of).any()}
    return row


def _rounded(name: str, tally: Tally, digits: int) -> dict[str, Any]:
    people = tally.means(name)
    if not np.isfinite(people).any():
        return {}
    found: dict[str, Any] = {name: round(float(np.nanmean(people)), digits)}
    ends = interval(people)
    return found if ends is None else found | {f"{name}_interval": [round(end, digits) for end in ends]}
