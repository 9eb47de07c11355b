"""What tests of the training loop share."""

from __future__ import annotations

from collections.abc import Callable

import torch

from x2face_core.training.engine import Report, Trainer

MakeTrainer = Callable[..., Trainer]
"""The type of the fixture make_trainer."""


def silent(report: Report) -> None:
    pass


def parameters(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Copies of what the trainer's objective has learned."""
    return {name: value.clone() for name, value in trainer.objective.state_dict().items()}
