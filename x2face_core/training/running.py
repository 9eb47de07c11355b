"""Common parts of training runs: processes, run folder, precision, history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import torch
from torch import nn

from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.files.storing import write_text
from x2face_core.training.checkpoint import CHECKPOINT, RunState, load_checkpoint
from x2face_core.training.drawing import generator
from x2face_core.training.ema import N
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.precision import fastest
from x2face_core.training.prefetching import Batches
from x2face_core.training.processes import Processes, is_restarted, join, leave, lost_processes
from x2face_core.training.recipes import Recipe
from x2face_core.training.run_folder import locked_run_folder
from x2face_core.training.sheets import Colour, write_curve
from x2face_core.training.throughput import throughput_of

Progress = Callable[[str, int, int], None]
"""Called with a description, the number done and the number in all."""

R = TypeVar("R", bound=Recipe)


class Sizes(Protocol):
    """Sizes of networks, such as networks.dims.Dims."""

    def to_dict(self) -> dict[str, Any]: ...

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self: ...


@contextmanager
def training_run(out: Path, *, fresh: bool, device: str) -> Iterator[Processes]:
    """A context with the processes of a run, which locks its folder. fresh: discard an existing run"""
    processes = join(device)
    try:
        with lost_processes(processes), locked_run_folder(out, first=processes.first, fresh=fresh):
            yield processes
    finally:
        leave()


def previous_state(out: Path, *, fresh: bool) -> RunState | None:
    """The state of the run to resume; None for a new run."""
    checkpoint = out / CHECKPOINT
    fresh = fresh and not is_restarted()
    return None if fresh or not checkpoint.is_file() else load_checkpoint(checkpoint)[1]


def check_resumable(out: Path, *, fresh: bool, recipe: Recipe, dims: Sizes) -> RunState | None:
    """The state of the run to resume; None for a new run.

    UsageError if it is of another recipe, WeightsError if of networks of other sizes.
    """
    state = previous_state(out, fresh=fresh)
    if state is None:
        return None
    if (name := state.recipe.get("name")) != recipe.name:
        raise UsageError(
            f"{out / CHECKPOINT}: was trained by the recipe {name}, not {recipe.name}; choose another folder, "
            "or go on by that recipe; --fresh starts over."
        )
    trained = type(dims).from_dict(state.dims).to_dict()  # sizes missing in an old checkpoint have their defaults
    if changed := sorted(key for key, value in dims.to_dict().items() if trained[key] != value):
        raise WeightsError(f"{out / CHECKPOINT}: its networks differ in {', '.join(changed)}; --fresh starts over.")
    return state


def description(name: str, state: RunState, figures: Mapping[str, float]) -> dict[str, Any]:
    """The fields of a network's description that a run knows: name, recipe, metrics and data."""
    done = {"steps": state.step, "samples": state.samples, "minutes": round(state.seconds / 60, 1)}
    start = state.data.get("start")
    return {
        "name": name,
        "recipe": state.recipe | done | ({"from": start} if start else {}),
        "metrics": {figure: round(value, 4) for figure, value in figures.items()},
        "data": str(state.data.get("statement", "")),
    }


def with_precision(recipe: R, objective: nn.Module, batches: Batches, processes: Processes) -> tuple[R, torch.dtype]:
    """The recipe with its dtype resolved, and the dtype; auto is the faster one by measurement."""
    if recipe.dtype == "auto":
        count = max(2, recipe.batch // (recipe.accumulate * processes.count))
        batch = batches.draw(generator(recipe.seed, 0, 0, processes.device), count)
        bf16 = processes.broadcast(float(fastest(objective, batch, processes.device) is torch.bfloat16))
        recipe = replace(recipe, dtype="bf16" if bf16 else "fp32")
    return recipe, torch.bfloat16 if recipe.dtype == "bf16" else torch.float32


def resume_and_run(
    trainer: Trainer[N], length: Length, report: Callable[[Report], None], say: Callable[[str], None], *, fresh: bool
) -> RunState:
    """Train, resuming from the folder's checkpoint if there is one and `fresh` is not set.

    A run that torchrun restarts goes on, fresh or not; therefore a fresh one replaces an earlier checkpoint at once.
    """
    resumed = (not fresh or trainer.processes.any(is_restarted())) and trainer.resume()
    _refuse_another_state(trainer)
    say(
        f"{'going on at' if resumed else 'starting with'} step {trainer.state.step}, {trainer.recipe.dtype}, "
        f"{trainer.processes.device}"
    )
    if not resumed and trainer.checkpoint.exists():
        trainer.save()
    trainer.throughput = throughput_of(
        trainer.objective, trainer.batches, trainer.dtype, trainer.recipe.seed, trainer.processes
    )
    return trainer.run(length, report)


def _refuse_another_state(trainer: Trainer[N]) -> None:
    """InputError if this process begins with another step than the first one, whose folder it does not see then."""
    first, own = int(trainer.processes.broadcast(trainer.state.step)), trainer.state.step
    if first != own:
        raise InputError(
            f"{trainer.path}: the first process begins with step {first}, and this one with step {own}, by the "
            "checkpoint that it sees there; all machines of a run need to share that folder."
        )


def keep_history(
    out: Path, state: RunState, figures: Mapping[str, float], colours: Mapping[str, Colour] | None = None
) -> None:
    """Write history.json and curve.png with a new row. colours: of the curves, by name of the figure"""
    history = [*state.history, {"step": float(state.step), **figures}]
    write_curve(out / "curve.png", history, *([] if colours is None else [colours]))
    write_text(out / "history.json", json.dumps(history, indent=1))
