"""Evaluation of motion transfer across people: relative driving, measured in the generated frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip
from x2face_core.data.preparing.tracks import FPS
from x2face_core.model import X2Face
from x2face_core.sources.source import MappingsByName, ModelSource, no_mappings, squared_distances
from x2face_lab.evaluation.identity import Faces
from x2face_lab.evaluation.readers import MEASURES, SETTLING, Reader, Readings
from x2face_lab.evaluation.tracks import one_each_in_turn, read_clip
from x2face_plugins.mappings.measured import MeasuringEncoder
from x2face_plugins.mappings.transferring import Transfer

LEAST = np.array([1.5, 1.5, 1.5, 0.01, 0.01, 0.03, 0.03, 0.015])
"""Least standard deviations of MEASURES of the driver for a correlation to be meaningful."""
FRAMES, EACH = 150, 2
"""Largest number of evenly spaced frames of a film, and of films of a person."""
_FEWEST = 8
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CrossDriving:
    """One driving film applied to one source.

    driver, generated: (n, 8) MEASURES of each frame; source: (3, h, w); frames: some (driving, generated) for the sheet
    faces: landmarks of source, driver and result, or None; person: identity of the driver
    """

    driver: Floats
    generated: Floats
    source: Tensor
    frames: tuple[Tensor, Tensor]
    faces: Faces | None = None
    person: str = ""

    def correlations(self) -> Floats:
        """(8, 2): correlation and slope of the generated measures on the driver's; NaN below LEAST."""
        return np.array([_followed(*pair) for pair in zip(self.driver.T, self.generated.T, LEAST, strict=True)])

    @property
    def found(self) -> float:
        """Share of generated frames in which a face is found."""
        return float(np.isfinite(self.generated[:, 0]).mean())


def _followed(driver: Floats, generated: Floats, least: float) -> tuple[float, float]:
    both = np.isfinite(driver + generated)
    driver, generated = driver[both], generated[both]
    if len(driver) < _FEWEST or driver.std() < least or generated.std() == 0:
        return float("nan"), float("nan")
    r = float(np.corrcoef(driver, generated)[0, 1])
    return r, r * float(generated.std() / driver.std())


@torch.inference_mode()
def drive_across(
    model: X2Face,
    source: Tensor,
    driving: Tensor,
    reader: Reader,
    person: str = "",
    *,
    fps: float = FPS,
    load_mapping: MappingsByName = no_mappings,
    raw: bool = False,
) -> CrossDriving:
    """Drive a source (3, h, w) by another person's frames (n, 3, h, w), as `run --frame` does by default.

    fps: of these frames; load_mapping: as of ModelSource; raw: as `run --frame-raw`
    """
    seen = ModelSource.of(model, source[None], load_mapping=load_mapping)
    encoder = seen if raw else MeasuringEncoder.of(seen)
    vectors = torch.cat([encoder.encode(part) for part in torch.split(driving, 16)])
    if isinstance(encoder, MeasuringEncoder):
        vectors = encoder.steadied(vectors, fps)
        far = encoder.squared_distances(vectors)
    else:
        far = squared_distances(vectors, seen.vector, seen)
    rest = vectors[int(far.argmin())]
    moved = seen.vector + Transfer.of(seen, rest, raw=raw, measured=not raw).calibrated(seen, vectors)(vectors)
    generated = torch.cat([model.render(seen.face, part) for part in torch.split(moved, 16)])
    shown = torch.linspace(0, len(driving) - 1, 6).long()
    looks = [reader.look(pictures) for pictures in (driving, generated)]
    faces = _faces(reader, source, *looks)
    return CrossDriving(looks[0].measures, looks[1].measures, source, (driving[shown], generated[shown]), faces, person)


def _faces(reader: Reader, source: Tensor, driver: Readings, generated: Readings) -> Faces | None:
    if driver.landmarks is None or generated.landmarks is None:
        return None
    steady = reader.look(source.expand(SETTLING, -1, -1, -1)).landmarks
    return None if steady is None else Faces(steady[-1:], driver.landmarks, generated.landmarks)


def measure_across(
    model: X2Face,
    clips: Sequence[Clip],
    reader: Reader,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    load_mapping: MappingsByName = no_mappings,
    raw: bool = False,
) -> list[CrossDriving]:
    """Apply the films with most motion, EACH of a person and up to FRAMES frames, to sources of other people.

    load_mapping, raw: as of drive_across
    """
    drivers = list(one_each_in_turn(clips, len(clips), each=EACH))
    moved = []
    for number, clip in enumerate(drivers):
        others = [other for other in drivers if other.identity != clip.identity]
        if others:
            source = read_clip(others[(number * 7) % len(others)].path, 1)[0]
            every = ceil(clip.frames / FRAMES)
            driving, fps = read_clip(clip.path, clip.frames, every=every), FPS / every
            moved.append(
                drive_across(model, source, driving, reader, clip.identity, fps=fps, load_mapping=load_mapping, raw=raw)
            )
        progress(number + 1, len(drivers))
    return moved


def people_followed(moved: Sequence[CrossDriving]) -> Floats:
    """(people, 8, 2): correlations and slopes of each driver, averaged over films with enough motion."""
    people = list(dict.fromkeys(one.person for one in moved))
    rows = [[one.correlations() for one in moved if one.person == person] for person in people]
    return np.array([_mean(np.stack(films)) for films in rows]).reshape(-1, len(MEASURES), 2)


def _mean(films: Floats) -> Floats:
    """Mean over films, (films, 8, 2) to (8, 2), ignoring NaN."""
    known = np.isfinite(films)
    total, count = np.where(known, films, 0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
