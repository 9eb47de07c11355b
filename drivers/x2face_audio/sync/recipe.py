"""How the sync encoder is trained: every number of it."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_core.training.recipes import Recipe


@dataclass(frozen=True)
class SyncRecipe(Recipe):
    """The sync encoder's (Chung & Zisserman, Out of time, 2016), self-supervised; batch counts moments.

    moments: in a row that each clip of a batch gives
    contrast: weight of telling sound in sync from sound out of sync
    measures: weight of linear heads that tell mouth opening and width, where the folder has labels; 0: none
    blend: weight of the mouth's blendshapes, where labels have them, beside its opening and width
    versions: in which each clip's sound is kept, all but one changed
    """

    moments: int = 16
    contrast: float = 0.5
    measures: float = 3.0
    blend: float = 0.5
    versions: int = 8


SYNC = SyncRecipe(name="sync", lr=2e-3, weight_decay=0.02, warmup=100, clip_norm=5.0, batch=192, evaluate_minutes=3)
