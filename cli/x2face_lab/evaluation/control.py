"""Evaluation of pose control: requested against measured angles in the generated frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip
from x2face_core.driving import Factor
from x2face_core.model import X2Face
from x2face_lab.evaluation.readers import MEASURES, Reader
from x2face_lab.evaluation.tracks import read_clip
from x2face_plugins.mappings.affine import offset_of

REACH = {"roll": 15.0, "pitch": 15.0, "yaw": 25.0}
"""Range of the sweep of each axis, in degrees to either side."""
STEPS = 13
_AXES, _NEEDED = MEASURES[:3], 4  # pose and mouth opening


@dataclass(frozen=True)
class Sweep:
    """One face, one axis turned from side to side.

    requested: (n,) degrees added to the source's own; measured: (n, 8) MEASURES of each frame, NaN without a face
    frames: (n, 3, h, w)
    """

    axis: str
    requested: NDArray[np.float64]
    measured: NDArray[np.float64]
    frames: Tensor

    def figures(self) -> dict[str, float]:
        """Figures of the sweep.

        slope: degrees measured for one degree requested; r: their correlation; spill: range of the other axis that
        moves most, relative to the range of this one; mouth: range of the mouth opening
        found: share of frames with a face; the others are NaN if it is less than half
        """
        found = ~np.isnan(self.measured[:, :_NEEDED]).any(axis=1)
        figures = dict.fromkeys(("slope", "r", "spill", "mouth"), float("nan"))
        if found.mean() >= 0.5 and found.sum() >= 4:
            requested, measured = self.requested[found], self.measured[found]
            k, span = _AXES.index(self.axis), np.ptp(measured[:, :_NEEDED], axis=0)
            figures["slope"] = float(np.polyfit(requested, measured[:, k], 1)[0])
            figures["r"] = float(np.corrcoef(requested, measured[:, k])[0, 1])
            figures["spill"] = float(max(span[j] for j in range(3) if j != k) / max(span[k], 1e-9))
            figures["mouth"] = float(span[3])
        return figures | {"found": float(found.mean())}


@torch.inference_mode()
def sweeps(model: X2Face, factor: Factor, picture: Tensor, reader: Reader) -> list[Sweep]:
    """Sweep a face (3, h, w) along each axis, as the driver `pose` does.

    factor: reads and writes roll, pitch and yaw in degrees
    """
    face, vector = model.embed(picture[None]), model.encode(picture[None])
    own, done = factor.read(vector), []
    for k, axis in enumerate(_AXES):
        requested = torch.zeros(STEPS, 3)
        requested[:, k] = torch.linspace(-REACH[axis], REACH[axis], STEPS)
        frames = model.render(face, vector + offset_of(factor, own, requested))
        done.append(Sweep(axis, requested[:, k].double().numpy(), reader.read(frames), frames))
    return done


def control(
    model: X2Face,
    factor: Factor,
    pictures: Sequence[Tensor],
    reader: Reader,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, dict[str, float]]:
    """For roll, pitch and yaw the medians over faces of "slope", "r", "spill" and "mouth"; see Sweep.figures.

    pictures: (3, h, w) each. An axis in whose sweeps no face is found is left out.
    """
    rows: dict[str, list[dict[str, float]]] = {axis: [] for axis in _AXES}
    for number, picture in enumerate(pictures):
        for sweep in sweeps(model, factor, picture, reader):
            rows[sweep.axis].append(sweep.figures())
        progress(number + 1, len(pictures))
    return {axis: medians for axis, figures in rows.items() if (medians := _medians(figures))}


def _medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Medians over rows with defined figures; {} if there are none."""
    known = [row for row in rows if not np.isnan(row["slope"])]
    names = ("slope", "r", "spill", "mouth") if known else ()
    return {name: float(np.median([row[name] for row in known])) for name in names}


def faces_of(clips: Sequence[Clip], count: int = 12) -> list[Tensor]:
    """The first frames (3, 256, 256) of clips of different people, in the order of the clips."""
    people: dict[str, Clip] = {}
    for clip in clips:
        people.setdefault(clip.identity, clip)
    return [read_clip(clip.path, 1)[0] for clip in list(people.values())[:count]]
