"""Hyperparameters of the training of the sync encoder."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_core.training.recipes import Recipe


@dataclass(frozen=True)
class SyncRecipe(Recipe):
    """Recipe for the self-supervised sync encoder (Chung & Zisserman, Out of time, 2016); `batch` counts moments.

    moments: consecutive moments from each clip of a batch
    contrast: weight of the contrastive loss
    measures: weight of the regression of mouth opening and width, if the folder has labels; 0: none
    blend: weight of the mouth's blendshapes, if labelled, relative to opening and width
    versions: number of versions of each clip's sound, all but the first augmented
    """

    moments: int = 16
    contrast: float = 0.5
    measures: float = 3.0
    blend: float = 0.5
    versions: int = 8


SYNC = SyncRecipe(name="sync", lr=2e-3, weight_decay=0.02, warmup=100, clip_norm=5.0, batch=192, evaluate_minutes=3)
