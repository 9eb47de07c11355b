"""Renders of photographs driven by films, as training data: thousands of people in motion; films have a hundred.

What a render shows is measured by the face mesh (extra `landmarks`), so that its labels are of the picture, whatever
was asked of the networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.geometry.mesh import FaceMesh
from x2face_core.media.images import read_picture
from x2face_core.networks.measuring import SIDE
from x2face_core.pixels import to_pictures, to_tensor
from x2face_core.sources.source import ModelSource, squared_distances
from x2face_core.warping import reduce
from x2face_lab.measuring.gathering import Faces
from x2face_plugins.mappings.transferring import Transfer
from x2face_plugins.session import Session

_CLIPS, _FRAMES = 3, 48  # of each person: with most turning, as many at random; and frames of each
_LARGER = (0.7, 1.3)  # random factor of a motion
_TURN, _TURNED, _FURTHEST = (5.0, 6.0, 9.0), 0.7, 25.0  # deviation of additional turns, their share, their limit
_FOUND = 2  # times that a picture is shown to the mesh, whose tracking settles


@dataclass(frozen=True, eq=False)
class _Seen:
    """One render: its picture (128, 128, 3), measures (9,), points (70, 2), and the number of its photograph."""

    picture: NDArray[np.uint8]
    measures: NDArray[np.float64]
    points: NDArray[np.float64]
    photograph: int


@torch.inference_mode()
def render(folder: FaceFolder, session: Session, each: int, seed: int = 0) -> Faces:
    """Renders of the photographs of the split train, `each` of a photograph, driven by films of that split.

    session: weights with a fitted mapping of the pose; MissingError without it or mediapipe
    """
    rng = np.random.default_rng(seed)
    drivers = list(_encoded(folder, session, rng))
    found = list(_all(folder, session, drivers, each, rng))
    numbers, first, inverse, count = np.unique(
        [seen.photograph for seen in found], return_index=True, return_inverse=True, return_counts=True
    )
    return Faces(
        pictures=torch.from_numpy(np.stack([seen.picture for seen in found])),
        measures=torch.tensor(np.array([seen.measures for seen in found]), dtype=torch.float32),
        points=torch.tensor(np.array([seen.points for seen in found]), dtype=torch.float32),
        first=torch.from_numpy(first[inverse]),
        count=torch.from_numpy(count[inverse]),
        weight=torch.from_numpy(1 / count[inverse] / len(numbers)),
    )


def _encoded(folder: FaceFolder, session: Session, rng: np.random.Generator) -> Iterator[list[Tensor]]:
    """Vectors (n, 128) of each film of each person."""
    people: dict[str, list[Clip]] = {}
    for clip in folder.of_split("train"):
        people.setdefault(clip.identity, []).append(clip)
    for clips in people.values():
        clips = sorted(clips, key=lambda clip: -clip.yaw_range)
        drawn = [clips[k] for k in rng.permutation(len(clips))[:_CLIPS]]
        films = []
        for clip in dict.fromkeys([*clips[:_CLIPS], *drawn]):
            frames = np.unique(np.linspace(0, clip.frames - 1, _FRAMES).round().astype(np.int64))
            films.append(session.encode(to_tensor(decode(clip.path, frames, 256))))
        yield films


def _all(
    folder: FaceFolder, session: Session, drivers: list[list[Tensor]], each: int, rng: np.random.Generator
) -> Iterator[_Seen]:
    mesh, stills = FaceMesh(), folder.stills
    for number, still in enumerate(stills.of_split("train") if stills else []):
        source = ModelSource.of(session.model, to_tensor(read_picture(still.path)[None]), load_mapping=session.mapping)
        films = drivers[rng.integers(len(drivers))]
        frames = _driven(source, session, films[rng.integers(len(films))], each, rng)
        mesh.restart()
        for large, small in zip(to_pictures(frames), to_pictures(reduce(frames, SIDE)), strict=True):
            found = [mesh.measure(large) for _ in range(_FOUND)][-1]
            if found is not None:
                points = np.concatenate([found.landmarks, found.mesh[[468, 473]]])[:, :2] * 2 - 1
                yield _Seen(small, np.array([*found.pose, *found.expression, *found.gaze]), points, number)


def _driven(source: ModelSource, session: Session, film: Tensor, each: int, rng: np.random.Generator) -> Tensor:
    """Frames (n, 3, h, w) of a photograph that moves as random frames of a film do, and turns at random."""
    rest = film[int(squared_distances(film, source.vector, source).argmin())]
    rows = rng.choice(len(film), min(each, len(film)), replace=False)
    offsets = Transfer.of(source, rest)(film[rows])
    offsets = offsets * torch.from_numpy(rng.uniform(*_LARGER, (len(rows), 1))).float()
    turns = rng.normal(0, 1, (len(rows), 3)) * _TURN * (rng.random((len(rows), 1)) < _TURNED)
    pose = source.factor("pose")
    own = pose.read(source.vector[None])
    turned = own + torch.from_numpy(turns.clip(-_FURTHEST, _FURTHEST)).float()
    return session.model.render(source.face, source.vector + offsets + pose.write(turned) - pose.write(own)).clamp(0, 1)
