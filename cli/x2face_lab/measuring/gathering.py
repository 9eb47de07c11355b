"""What the measuring network learns from: labelled frames of films, photographs, and renders of photographs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import load_bank
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.networks.measuring import SIDE

IRISES = 71
"""First of the two irises among 73 landmarks."""
_STILLS = 0.35  # share of photographs in the bank's weights, which both parts have for themselves in the end


@dataclass(frozen=True, eq=False)
class Faces:
    """n pictures of faces in groups of one person, one after the other.

    pictures: (n, 128, 128, 3) uint8; measures: (n, 9) networks.measuring.MEASURES
    points: (n, 70, 2) landmarks and irises in normalised coordinates
    first, count: (n,) first picture and size of a picture's group, which is a film or a photograph
    weight: (n,) share of the draws, in all 1; clip: (n,) row of clips.csv, and person: (n,), or None
    solid: (n, 73, 3) landmarks by which heads can be turned, or None
    """

    pictures: Tensor
    measures: Tensor
    points: Tensor
    first: Tensor
    count: Tensor
    weight: Tensor
    clip: Tensor | None = None
    person: Tensor | None = None
    solid: Tensor | None = None

    def __len__(self) -> int:
        return len(self.pictures)


def gather(folder: FaceFolder, split: Split) -> tuple[Faces, Faces | None]:
    """The frames with landmarks of a split, and its photographs or None. InputError without labels or gaze."""
    labels, stills = folder.labels, folder.stills
    if labels.gaze is None:
        raise InputError(f"{folder.path}: its labels.npz has no gaze; `x2face prepare --landmarks` measures it.")
    bank = load_bank(folder, split, SIDE, stills=_STILLS)
    film = bank.clip >= 0
    rows = labels.rows_of(bank.clip[film].numpy(), bank.frame[film].numpy())
    films = _faces(bank, film, np.hstack([labels.pose[rows], labels.expression[rows], labels.gaze[rows]]))
    if bool(film.all()) or stills is None or stills.labels is None or stills.labels.gaze is None:
        return films, None
    rows, known = bank.frame[~film].numpy(), stills.labels
    assert known.gaze is not None
    photographs = _faces(bank, ~film, np.hstack([known.pose[rows], known.expression[rows], known.gaze[rows]]))
    return films, photographs


def _faces(bank: Bank, chosen: Tensor, measures: NDArray[np.float32]) -> Faces:
    assert bank.landmarks is not None
    assert bank.person is not None
    solid, weight = bank.landmarks[chosen], bank.weight[chosen]
    start = int(chosen.nonzero()[0])
    return Faces(
        pictures=bank.pictures[chosen],
        measures=torch.from_numpy(measures.astype(np.float32)),
        points=torch.cat([solid[:, :68], solid[:, IRISES:]], dim=1)[..., :2],
        first=bank.first[chosen] - start,
        count=bank.count[chosen],
        weight=weight / weight.sum(),
        clip=bank.clip[chosen],
        person=bank.person[chosen],
        solid=solid,
    )
