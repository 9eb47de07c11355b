"""What tests of the training loop share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from x2face_core.training.checkpoint import CHECKPOINT, load_checkpoint
from x2face_core.training.engine import Report, Trainer

MakeTrainer = Callable[..., Trainer]
"""The type of the fixture make_trainer."""


def silent(report: Report) -> None:
    pass


def parameters(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Copies of what the trainer's objective has learned."""
    return {name: value.clone() for name, value in trainer.objective.state_dict().items()}


def train_by_two_processes(*words: object) -> None:
    """`x2face train WORDS` under torchrun, in two processes of one thread."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, "-m", "x2face_cli", "train", *map(str, words)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def assert_trained_alike(alone: Path, together: Path, steps: int, samples: int) -> dict[str, torch.Tensor]:
    """Compare the checkpoints of two runs' folders; returns what the first one learned, by name.

    Batch norm's statistics are left out: they are each process's own.
    """
    one, state = load_checkpoint(alone / CHECKPOINT)
    two, both = load_checkpoint(together / CHECKPOINT)
    assert (state.step, state.samples) == (both.step, both.samples) == (steps, samples)
    assert one.keys() == two.keys()
    counted = ("running_mean", "running_var", "num_batches_tracked")
    learned = {name: v for name, v in one.items() if name.startswith("objective.") and not name.endswith(counted)}
    for name, value in learned.items():
        torch.testing.assert_close(two[name].float(), value.float(), atol=1e-5, rtol=0)
    return learned
