"""How well one person's motion reaches another: relative driving, measured in the generated frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip
from x2face_core.model import X2Face
from x2face_core.sources.source import ModelSource, pose_expression_coordinates
from x2face_lab.evaluation.identity import Faces
from x2face_lab.evaluation.readers import MEASURES, SETTLING, Reader, Seen
from x2face_lab.evaluation.tracks import read_clip, spread

_LEAST = np.array([1.5, 1.5, 1.5, 0.01])
"""Standard deviations (degrees; mouth opening) below which a driver's motion is too small to correlate with."""


@dataclass(frozen=True)
class Moved:
    """One driver on one source.

    driver, generated: (n, 4) MEASURES a frame; source: (3, h, w); frames: a few (driving, generated) to look at
    faces: landmarks of all three, where the reader knows them
    """

    driver: NDArray[np.float64]
    generated: NDArray[np.float64]
    source: Tensor
    frames: tuple[Tensor, Tensor]
    faces: Faces | None = None

    def correlations(self) -> NDArray[np.float64]:
        """(4, 2): correlation and slope of each measure; NaN where the driver hardly moves."""
        rows = np.full((len(MEASURES), 2), np.nan)
        found = ~np.isnan(self.driver + self.generated).any(axis=1)
        driver, generated = self.driver[found], self.generated[found]
        for k in range(len(MEASURES)):
            if len(driver) >= 8 and driver[:, k].std() >= _LEAST[k] and generated[:, k].std() > 0:
                r = np.corrcoef(driver[:, k], generated[:, k])[0, 1]
                rows[k] = r, r * generated[:, k].std() / driver[:, k].std()
        return rows

    @property
    def found(self) -> float:
        """The share of generated frames in which a face is found."""
        return float((~np.isnan(self.generated).any(axis=1)).mean())


@torch.inference_mode()
def drive_across(model: X2Face, source: Tensor, driving: Tensor, reader: Reader) -> Moved:
    """The source's picture (3, h, w) driven by another person's frames (n, 3, h, w), relative to the nearest one."""
    seen = ModelSource.of(model, source[None])
    vectors = torch.cat([model.encode(part) for part in torch.split(driving, 16)])
    points = pose_expression_coordinates(torch.cat([vectors, seen.vector[None]]), seen)
    rest = int((points[:-1] - points[-1]).square().sum(dim=1).argmin())
    moved = seen.vector + vectors - vectors[rest]
    generated = torch.cat([model.render(seen.face, part) for part in torch.split(moved, 16)])
    shown = torch.linspace(0, len(driving) - 1, 6).long()
    looks = [reader.look(pictures) for pictures in (driving, generated)]
    faces = _faces(reader, source, *looks)
    return Moved(looks[0].measures, looks[1].measures, source, (driving[shown], generated[shown]), faces)


def _faces(reader: Reader, source: Tensor, driver: Seen, generated: Seen) -> Faces | None:
    if driver.landmarks is None or generated.landmarks is None:
        return None
    steady = reader.look(source.expand(SETTLING, -1, -1, -1)).landmarks
    return None if steady is None else Faces(steady[-1:], driver.landmarks, generated.landmarks)


def measure_across(
    model: X2Face,
    clips: Sequence[Clip],
    reader: Reader,
    *,
    films: int = 24,
    frames: int = 150,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Moved]:
    """Films with the most motion, each driving a person who is not in it; every second frame, 150 at most."""
    drivers = list(spread(clips, films))
    moved = []
    for number, clip in enumerate(drivers):
        others = [other for other in drivers if other.identity != clip.identity]
        if others:
            source = read_clip(others[(number * 7) % len(others)].path, 1)[0]
            driving = read_clip(clip.path, min(clip.frames, 2 * frames), every=2)
            moved.append(drive_across(model, source, driving, reader))
        progress(number + 1, len(drivers))
    return moved


def summary(moved: Sequence[Moved]) -> dict[str, dict[str, float]]:
    """Medians over films: "r" and "slope" of each measure, and "found", the mean share of faces found."""
    if not moved:
        return {}
    rows = np.stack([one.correlations() for one in moved])
    figures: dict[str, dict[str, float]] = {"r": {}, "slope": {}}
    for k, name in enumerate(MEASURES):
        for column, kind in enumerate(("r", "slope")):
            values = rows[:, k, column][~np.isnan(rows[:, k, column])]
            if len(values):
                figures[kind][name] = float(np.median(values))
    figures["found"] = {"share": float(np.mean([one.found for one in moved]))}
    return figures
