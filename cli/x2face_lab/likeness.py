"""Learns the projection for the similarity of embedded faces (suitability/likeness.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split
from x2face_core.media.images import read_picture
from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_core.suitability.likeness import SIDE, Likeness, features
from x2face_core.warping import reduce

DIRECTIONS, RIDGE = 200, 0.3  # directions kept; regularisation as a share of the mean within-class variance
KIND_WEIGHT, LIGHT_WEIGHT = 10.0, 1.0
"""Weights, in the within-class covariance, of the covariances between kinds of pictures and by lighting."""
FRAMES, CLIPS = 24, 12  # of one person
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Faces:
    """Embedded faces.

    textures: (n, 3, 128, 128); person: (n,) identities
    kind: (n,) data source, such as studio or webcam; file: (n,) paths
    """

    textures: Tensor
    person: NDArray[np.str_]
    kind: NDArray[np.str_]
    file: NDArray[np.str_]


def gather(folder: FaceFolder, split: Split, model: X2Face) -> Faces:
    """Photographs, and frames of films, of a split."""
    parts, names = [], []
    for pictures, *name in pictures_of(folder, split):
        for start in range(0, len(pictures), _BATCH):
            crops = to_tensor(pictures[start : start + _BATCH])
            parts += [reduce(model.embed(one[None]).texture[None], SIDE).half() for one in crops]
        names += [name] * len(pictures)
    person, kind, file = np.array(names).T
    return Faces(torch.cat(parts), person, kind, file)


def pictures_of(folder: FaceFolder, split: Split) -> Iterator[tuple[NDArray[np.uint8], str, str, str]]:
    """Pictures (n, h, w, 3) of one person, with identity, kind and file."""
    for still in folder.stills.of_split(split) if folder.stills else []:
        yield np.asarray(read_picture(still.path))[None], still.identity, still.source, str(still.path)
    people = defaultdict(list)
    for clip in folder.of_split(split):
        people[clip.identity].append(clip)
    for number, clips in enumerate(people.values()):
        chosen = np.random.default_rng(number).permutation(len(clips))[:CLIPS]
        for clip in (clips[k] for k in sorted(chosen)):
            frames = np.unique(np.linspace(0, clip.frames - 1, -(-FRAMES // len(chosen)) + 2).astype(int)[1:-1])
            yield decode(clip.path, frames, 256), clip.identity, clip.source, str(clip.path)


def learn(faces: Faces) -> Likeness:
    """Linear discriminant analysis: directions of high variance between people relative to that within one."""
    found = _features(faces.textures)
    mean = found.mean(0)
    found = found - mean
    within = (
        _within(found, faces.person)
        + KIND_WEIGHT * _between_kinds(found, faces)
        + LIGHT_WEIGHT * _within_lighting(faces.textures)
    )
    within += RIDGE * within.diagonal().mean() * torch.eye(len(within)).double()
    back = torch.linalg.inv(torch.linalg.cholesky(within))
    _, eigenvectors = torch.linalg.eigh(back @ torch.cov(found.T) @ back.T)
    return Likeness(mean.float(), (eigenvectors[:, -DIRECTIONS:].T @ back).float())


def _features(textures: Tensor) -> Tensor:
    return torch.cat([features(part.float()).double() for part in torch.split(textures, _BATCH)])


def _within(found: Tensor, person: NDArray[np.str_]) -> Tensor:
    """Within-class covariance: the mean over people of each person's covariance."""
    several = [found[torch.from_numpy(person == one)] for one in np.unique(person)]
    several = [rows for rows in several if len(rows) > 1]
    return torch.stack([torch.cov(rows.T) for rows in several]).mean(0)


def _between_kinds(found: Tensor, faces: Faces) -> Tensor:
    """Covariance of the means of the kinds of pictures."""
    means = [found[torch.from_numpy(faces.kind == one)].mean(0) for one in np.unique(faces.kind)]
    return torch.cov(torch.stack(means).T, correction=0)


def _within_lighting(textures: Tensor) -> Tensor:
    """Covariance of the changes in features by random lighting, shift and blur."""
    rng = torch.Generator().manual_seed(0)
    changes = [features(_relit(part.float(), rng)) - features(part.float()) for part in torch.split(textures, _BATCH)]
    return torch.cov(torch.cat(changes).double().T)


def _relit(textures: Tensor, rng: torch.Generator) -> Tensor:
    """Augment faces with a random gamma, directional shading, small affine motion and blur."""
    count = len(textures)

    def draw(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=rng) * (high - low) + low

    across = torch.linspace(-1, 1, textures.shape[-1])
    angle, depth, edge = draw(0, 2 * torch.pi), draw(0, 0.8), draw(1, 8)
    shade = torch.tanh((across * torch.cos(angle) + across[:, None] * torch.sin(angle)).clamp(-1, 1) * edge / 2)
    lit = textures.clamp(0, 1) ** draw(0.6, 1.6) * (1 + depth * shade).clamp_min(0.1) * draw(0.6, 1.2)
    moved = torch.zeros(count, 2, 3)
    moved[:, 0, 0], moved[:, 1, 1] = 1 + 0.03 * torch.randn(2, count, generator=rng)
    moved[:, :, 2] = 0.015 * torch.randn(count, 2, generator=rng)
    grid = functional.affine_grid(moved, list(lit.shape), align_corners=False)
    lit = functional.grid_sample(lit, grid, align_corners=False, padding_mode="border")
    smaller = int(torch.randint(textures.shape[-1] // 3, textures.shape[-1] + 1, (1,), generator=rng))
    soft = functional.interpolate(lit, size=(smaller, smaller), mode="area")
    return functional.interpolate(soft, size=lit.shape[-2:], mode="bilinear", align_corners=False).clamp(0, 1)


def error_rates(learned: Likeness, faces: Faces, films: bool) -> Iterator[str]:
    """Shares of pairs of one person and of two whose similarity is below each threshold, as lines of text.

    films: of frames of films, else of photographs
    """
    kept = np.array([name.endswith(".mp4") == films for name in faces.file])
    cosines = learned.cosines(faces.textures[torch.from_numpy(kept)].float()).numpy()
    person, file = faces.person[kept], faces.file[kept]
    above = np.triu(np.ones_like(cosines, bool), 1)
    same = above & (person[:, None] == person) & (file[:, None] != file)
    for threshold in (-0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        same_below = np.mean(
            [np.mean(cosines[rows] < threshold) for one in np.unique(person) if (rows := same & (person == one)).any()]
        )
        other_below = np.mean(cosines[above & (person[:, None] != person)] < threshold)
        yield f"below {threshold:.2f}: {same_below:.3f} of pairs of one person (by person), {other_below:.3f} of two"
