"""What frames of one source show of one film's head, measured in some of them.

The maps that `fit` measures hold for people on average (correcting.py). One source leans where another nods, so that a
few frames of its own, rendered and measured, tell better what offsets of this film do to its head.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from x2face_core.driving import Source
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.correcting import Correction
from x2face_plugins.mappings.measured import COLUMNS, DEVIATIONS, MeasuringEncoder

FRAMES = 48
"""Frames of a film that are rendered and measured, evenly spaced."""
_FEWEST, _SHARE = 8, 1 / 3  # frames that tell something; of a film's, at most so many
_RIDGE = 0.05  # of the regression, whose numbers are in deviations
_POSE = "pose"
_AT_ONCE = 16


def spaced(count: int) -> Tensor | None:
    """The frames of a film of `count` frames that are measured; None if too few could be."""
    taken = min(FRAMES, int(_SHARE * count))
    return torch.linspace(0, count - 1, taken).round().long() if taken >= _FEWEST else None


def calibrated(correction: Correction, source: Source, offsets: Tensor) -> Correction:
    """The correction of the pose with `shows` as frames of this source do it.

    offsets: (n, 128) of some frames of a film, not yet corrected

    What is measured beside `shows` is explained by the change of the measured numbers in the offsets, by ridge
    regression. Without a factor whose numbers are measured it is left as it is.
    """
    encoder = MeasuringEncoder.of(source)
    readings = {name: one.reading for name, one in encoder.factors.items() if isinstance(one, AffineFactor)}
    if _POSE not in readings:
        return correction
    seen = _measured_frames(source, offsets)[:, COLUMNS[_POSE]]
    deviations = torch.tensor(DEVIATIONS)
    reading = torch.cat([_in_deviations(one, deviations[COLUMNS[name]]) for name, one in readings.items()])
    angles = deviations[COLUMNS[_POSE]]
    missing = (seen - offsets @ correction.shows.T) / angles
    changes = offsets @ reading.T
    ridge = _RIDGE * torch.eye(len(reading))
    found = torch.linalg.solve(changes.T @ changes / len(changes) + ridge, changes.T @ missing / len(changes))
    return replace(correction, shows=correction.shows + angles[:, None] * (found.T @ reading))


def _in_deviations(reading: Affine, deviations: Tensor) -> Tensor:
    """(k, 128): from an offset to the change of a factor's numbers."""
    return reading.weight.float() / deviations[:, None]


def _measured_frames(source: Source, offsets: Tensor) -> Tensor:
    """(n, 9): what is measured in frames of offsets (n, 128), less what is in the source's own frame."""
    rows = source.vector + torch.cat([torch.zeros_like(offsets[:1]), offsets])
    seen = torch.cat([source.measure(source.render(part)) for part in torch.split(rows, _AT_ONCE)])
    return seen[1:] - seen[:1]
