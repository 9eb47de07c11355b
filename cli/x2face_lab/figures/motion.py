"""The motion of an edit figure: a film, or a sweep of yaw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.media.pictures import Picture
from x2face_core.model import READINGS
from x2face_core.pixels import to_pictures
from x2face_core.sources.source import ModelSource, pose_expression_coordinates
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose
from x2face_lab.figures.drawing import resized
from x2face_lab.figures.moments import unlike
from x2face_lab.figures.sheet import Place, signed
from x2face_lab.figures.turning import turned


@dataclass(frozen=True, eq=False)
class Column:
    """A column of the figure.

    driving: (h, w, 3) driving picture, or None; widest: the head is turned farthest to one side
    """

    label: str
    seconds: float = 0.0
    driving: Picture | None = None
    widest: bool = False


@dataclass(frozen=True, eq=False)
class Motion:
    """Columns, and driving vectors (columns, 128) for each subject."""

    columns: Sequence[Column]
    vectors: Sequence[Tensor]


def swept(subjects: Sequence[ModelSource], degrees: Sequence[float]) -> Motion:
    """A sweep over angles of yaw, which are added to the subject's own."""
    ends = (min(degrees), max(degrees))
    columns = [Column(f"yaw {signed(angle)}", widest=angle in ends) for angle in degrees]
    return Motion(columns, [turned(subject, "yaw", degrees) for subject in subjects])


def filmed(
    subjects: Sequence[ModelSource], driver: ActiveDriver, count: int, seconds: float, side: int = 128
) -> Motion:
    """Choose moments of a driver's film.

    The moments with the widest turns of the first subject, then those that differ most from the chosen ones: `count` in
    all, in the order of the film.
    seconds: length of the film that is read; side: of the stored driving pictures in pixels
    """
    vectors, driving, fps = _driven(subjects[0], driver, seconds, side)
    chosen, yaw = choose(subjects[0], vectors, count)
    columns = []
    for k in chosen:
        label = f"{k / fps:.2f} s" + ("" if yaw is None else f"\nyaw {signed(round(yaw[k]))}")
        widest = yaw is not None and yaw[k] in (yaw.min(), yaw.max())
        columns.append(Column(label, k / fps, driving[k], widest))
    others = [_driven(subject, driver, seconds)[0] for subject in subjects[1:]]
    return Motion(columns, [one[chosen] for one in (vectors, *others)])


def choose(subject: ModelSource, vectors: Tensor, count: int) -> tuple[list[int], NDArray[np.float64] | None]:
    """Indices of the rows of vectors (n, 128) to show, and the yaw (n,) in degrees, if the weights read it."""
    points = pose_expression_coordinates(vectors, subject).double().numpy()
    try:
        yaw = subject.read(vectors)[:, READINGS.index("yaw")].double().numpy()
    except WeightsError:
        return unlike(points, [0], count), None
    return unlike(points, [int(yaw.argmin()), int(yaw.argmax())], count), yaw


def _driven(
    subject: ModelSource, driver: ActiveDriver, seconds: float, side: int = 0
) -> tuple[Tensor, list[Picture | None], float]:
    """Vectors (n, 128) of a subject, driving pictures of `side` pixels or None, and the frame rate."""
    composed = compose([driver], replace(subject, pictures_wanted=side > 0), seconds=seconds)
    vectors, driving = [], []
    for row in composed.rows:
        vectors.append(torch.from_numpy(row.vector).float())
        shown = None if row.picture is None else to_pictures(torch.as_tensor(row.picture)[None])[0]
        driving.append(None if shown is None else resized(shown, Place(0, 0, side, side)))
    return torch.stack(vectors), driving, composed.fps
