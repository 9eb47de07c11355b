"""What tests of training share: drawn faces, tiny networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import load_bank
from x2face_core.geometry.landmarks import POINTS, canonical_layout, with_irises
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.engine import Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatches
from x2face_core.training.photometric import PhotometricBatches, PhotometricObjective
from x2face_core.training.processes import Processes
from x2face_core.training.recipes import RECIPES, GuidedRecipe

TINY = Dims(side=32, flow_side=16, width=4, vector=16, confidence=False, padding="border")


@pytest.fixture
def dims() -> Dims:
    return TINY


@pytest.fixture(scope="session")
def bank(face_folder: Path) -> Bank:
    """48 labelled frames of four people."""
    return load_bank(FaceFolder(face_folder), "train", TINY.side)


@pytest.fixture(scope="session")
def layout(bank: Bank) -> torch.Tensor:
    assert bank.landmarks is not None
    points = canonical_layout(bank.landmarks[:, :POINTS].numpy())
    return torch.from_numpy(with_irises(points[None], np.zeros((1, 2), np.float32))[0])


@pytest.fixture
def make_trainer(bank: Bank, layout: torch.Tensor, tmp_path: Path) -> Callable[..., Trainer]:
    """make_trainer("guided", lr=0.1): a trainer of tiny networks, the same at every call, held-out ratio 1."""

    def make(recipe: str = "photometric", **changed: Any) -> Trainer:
        torch.manual_seed(0)
        networks = X2FaceNetworks(TINY)
        taught = replace(RECIPES[recipe], **{"batch": 4, "dtype": "fp32", "warmup": 0} | changed)
        if isinstance(taught, GuidedRecipe):
            objective: Any = GuidedObjective(networks, layout, taught)
            batches: Any = GuidedBatches(bank, layout, taught)
        else:
            objective, batches = PhotometricObjective(networks), PhotometricBatches(bank, taught)
        alone = Processes(0, 1, torch.device("cpu"))
        return Trainer(
            tmp_path, objective, batches, taught, alone, torch.float32, lambda networks, state: {"held_ratio": 1.0}
        )

    return make
