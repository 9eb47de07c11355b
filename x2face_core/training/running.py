"""What every training run does, whatever it trains: its processes and folder, its precision, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from x2face_core.files.storing import write_text
from x2face_core.training.averaging import N
from x2face_core.training.checkpoint import CHECKPOINT, RunState, load_checkpoint
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.precision import fastest
from x2face_core.training.prefetching import Batches
from x2face_core.training.processes import Processes, join, leave
from x2face_core.training.recipes import Recipe
from x2face_core.training.sheets import Colour, write_curve
from x2face_core.training.taking import taken

Progress = Callable[[str, int, int], None]
"""Called with what is read, how much of it is done, and how much there is."""

R = TypeVar("R", bound=Recipe)


@contextmanager
def running(out: Path, *, fresh: bool, device: str) -> Iterator[Processes]:
    """The processes of a run and its folder, for as long as the run lasts; fresh: start over where there is one."""
    processes = join(device)
    try:
        with taken(out, first=processes.first, fresh=fresh):
            yield processes
    finally:
        leave()


def earlier(out: Path, *, fresh: bool) -> RunState | None:
    """The state of the run that would be gone on with; None where a new one begins."""
    checkpoint = out / CHECKPOINT
    return None if fresh or not checkpoint.is_file() else load_checkpoint(checkpoint)[1]


def with_precision(recipe: R, objective: nn.Module, batches: Batches, processes: Processes) -> tuple[R, torch.dtype]:
    """The recipe with a dtype, and that dtype; where it says auto, the faster one of a few steps in all processes."""
    if recipe.dtype == "auto":
        count = max(2, recipe.batch // (recipe.accumulate * processes.count))
        batch = batches.draw(generator(recipe.seed, 0, 0, processes.device), count)
        bf16 = processes.agree(float(fastest(objective, batch, processes.device) is torch.bfloat16))
        recipe = replace(recipe, dtype="bf16" if bf16 else "fp32")
    return recipe, torch.bfloat16 if recipe.dtype == "bf16" else torch.float32


def go(
    trainer: Trainer[N], length: Length, report: Callable[[Report], None], say: Callable[[str], None], *, fresh: bool
) -> RunState:
    """Train, from the folder's checkpoint where there is one and `fresh` does not say otherwise."""
    begun = "going on at" if not fresh and trainer.resume() else "starting with"
    say(f"{begun} step {trainer.state.step}, {trainer.recipe.dtype}, {trainer.processes.device}")
    return trainer.run(length, report)


def keep_history(
    out: Path, state: RunState, figures: Mapping[str, float], colours: Mapping[str, Colour] | None = None
) -> None:
    """Write history.json and curve.png with a new row. colours: of the curves, by the figures' names"""
    history = [*state.history, {"step": float(state.step), **figures}]
    write_curve(out / "curve.png", history, *([] if colours is None else [colours]))
    write_text(out / "history.json", json.dumps(history, indent=1))
