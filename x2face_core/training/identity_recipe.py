"""Hyperparameters of the training of identity networks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from x2face_core.training.recipes import Recipe


@dataclass(frozen=True)
class IdentityRecipe(Recipe):
    """Recipe for an identity network; `batch` counts pictures, two of each person.

    frames: largest number of frames of one person; every: as of Recipe
    singles: share of draws of people with one picture only, whose second one is another crop of it
    contrast: weight of the contrastive loss between the people of a batch
    classify: weight of the classification of the people with several pictures; margin: subtracted from the cosine of
        the right class (CosFace, Wang et al., CVPR 2018)
    sharpness: factor of cosines in both losses
    zoom, tilt, shift: random size of the crop as a share, roll in degrees, and shift as a share of the picture's side
    gamma, gain: colour jitter; blur: share of crops that are blurred
    """

    frames: int = 60
    singles: float = 0.4
    contrast: float = 1.0
    classify: float = 0.5
    margin: float = 0.2
    sharpness: float = 16.0
    zoom: float = 0.2
    tilt: float = 15.0
    shift: float = 0.06
    gamma: float = 0.4
    gain: float = 0.3
    blur: float = 0.3


IDENTITY = IdentityRecipe(
    name="identity-network", lr=2e-3, weight_decay=0.02, warmup=100, clip_norm=5.0, batch=128, ema=0.998, every=5,
    evaluate_minutes=3.0,
)  # fmt: skip
IDENTITY_RECIPES = {
    "light": IDENTITY,
    "paper": replace(
        IDENTITY, preset="paper", optimiser="sgd", lr=1e-2, weight_decay=5e-4, schedule="plateau", ema=0.0
    ),
}
"""By preset; that of the paper's size is trained as VGG networks were (Simonyan and Zisserman, 3.1)."""
