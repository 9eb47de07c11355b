"""Learning what tells faces of two people."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from x2face_core.suitability.likeness import FEATURES
from x2face_lab.likeness import DIRECTIONS, Faces, error_rates, learn


def people(count: int, each: int, seed: int) -> Faces:
    """Blotches of their own for each person, and others for each picture."""
    dice = torch.Generator().manual_seed(seed)
    own = torch.rand(count, 3, 10, 10, generator=dice).repeat_interleave(each, 0)
    rest = torch.rand(count * each, 3, 10, 10, generator=dice)
    textures = functional.interpolate(0.7 * own + 0.3 * rest, size=(128, 128), mode="bilinear")
    whose = np.repeat([f"p{k}" for k in range(count)], each)
    files = np.array([f"{k}.jpg" for k in range(count * each)])
    return Faces(textures, whose, np.array(["a", "b"] * (count * each // 2)), files)


def test_people_who_were_not_learned_from_are_told_apart() -> None:
    learned = learn(people(12, 4, 0))
    assert learned.mean.shape == (FEATURES,) and learned.projection.shape == (DIRECTIONS, FEATURES)
    held = people(4, 2, 1)
    cosines = learned.cosines(held.textures).numpy()
    same = np.equal.outer(held.person, held.person) & ~np.eye(8, dtype=bool)
    assert cosines[same].min() > cosines[np.not_equal.outer(held.person, held.person)].max()
    assert "0.000 of pairs of one person (by person)" in next(error_rates(learned, held, films=False))
