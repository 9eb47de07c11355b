"""A training run: data, objective, engine, and output files.

OUT/checkpoint.safetensors  complete state, to resume from
OUT/weights.safetensors     weights for `--weights`, updated at every evaluation
OUT/sheet-STEP.png, curve.png, history.json
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from x2face_core.data.bank import Bank
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import load_bank
from x2face_core.data.stills import Still
from x2face_core.data.tables import Split
from x2face_core.errors import UsageError, WeightsError
from x2face_core.geometry.landmarks import LAYOUT_GAZE, POINTS, canonical_layout, with_irises
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import CHECKPOINT, RunState
from x2face_core.training.completing import CompletionBatches, CompletionObjective
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatches
from x2face_core.training.heldout import HeldOut, people_of
from x2face_core.training.initial_weights import InitialWeights, load_initial
from x2face_core.training.photometric import PhotometricBatches, PhotometricObjective
from x2face_core.training.prefetching import Batches
from x2face_core.training.processes import Processes
from x2face_core.training.recipes import CompletionRecipe, GuidedRecipe, LabelledRecipe, Recipe
from x2face_core.training.running import (
    Progress,
    keep_history,
    previous_state,
    resume_and_run,
    training_run,
    with_precision,
)
from x2face_core.training.sheets import write_sheet
from x2face_core.training.shipping import fit_reading, ship


@dataclass(frozen=True)
class Plan:
    """Settings of a run.

    out: folder of the run, created if missing; data: data folder (docs/data.md)
    fresh: discard an existing checkpoint
    start: initial weights, by name or path, for a run without a checkpoint; None: random
    device: auto, cpu or cuda
    """

    out: Path
    data: Path
    recipe: Recipe
    dims: Dims
    length: Length
    fresh: bool = False
    start: str | Path | None = None
    device: str = "auto"


def train(
    plan: Plan,
    report: Callable[[Report], None],
    *,
    say: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda what, done, total: None,
) -> RunState:
    """Train, resuming from the folder's checkpoint if there is one. Under torchrun, call it in every process."""
    if isinstance(plan.recipe, CompletionRecipe) and plan.start is None:
        raise UsageError("the recipe completion completes what other networks make: say whose, --from WEIGHTS.")
    folder = FaceFolder(plan.data)
    _check_resumable(plan)
    with training_run(plan.out, fresh=plan.fresh, device=plan.device) as processes:
        return resume_and_run(_trainer(plan, folder, processes, progress), plan.length, report, say, fresh=plan.fresh)


def _trainer(plan: Plan, folder: FaceFolder, processes: Processes, progress: Progress) -> Trainer[X2FaceNetworks]:
    torch.manual_seed(plan.recipe.seed)
    train_bank, val_bank = (_bank(plan, folder, split, processes, progress) for split in ("train", "val"))
    started = None if plan.start is None else load_initial(plan.start, plan.dims)
    layout = _layout(train_bank, started) if isinstance(plan.recipe, LabelledRecipe) else None
    networks = X2FaceNetworks(plan.dims)
    networks.to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective, batches = _objective_and_batches(networks, train_bank, layout, plan.recipe)
    if started is not None:
        networks.load_state_dict(started.tensors, strict=False)
    objective.to(processes.device)
    recipe, dtype = with_precision(plan.recipe, objective, batches, processes)
    judge = _Evaluator(plan.out, folder, train_bank, HeldOut.of(val_bank, people_of(folder, val_bank)), layout)
    data = {"statement": statement_of(folder, plan.recipe, started), "frames": len(train_bank)}
    return Trainer(plan.out, objective, batches, recipe, processes, dtype, judge, data)


def _bank(plan: Plan, folder: FaceFolder, split: Split, processes: Processes, progress: Progress) -> Bank:
    """The frames of a split; photographs are used for training only, so that held-out figures are those of films."""
    labelled = plan.recipe if isinstance(plan.recipe, LabelledRecipe) else None
    bank = load_bank(
        folder,
        split,
        plan.dims.side,
        every=plan.recipe.every,
        labels=labelled is not None,
        stills=labelled.stills if labelled is not None and split == "train" else 0.0,
        progress=partial(progress, f"reading {split}"),
    )
    return bank.to(processes.device)


def _check_resumable(plan: Plan) -> None:
    state = previous_state(plan.out, fresh=plan.fresh)
    if state is None:
        return
    checkpoint = plan.out / CHECKPOINT
    trained = Dims.from_dict(state.dims).to_dict()  # sizes missing in an old checkpoint have their defaults
    if trained != plan.dims.to_dict():
        changed = {key for key, value in plan.dims.to_dict().items() if trained[key] != value}
        raise WeightsError(f"{checkpoint}: its networks differ in {', '.join(sorted(changed))}; --fresh starts over.")
    if state.recipe.get("name") != plan.recipe.name:
        raise UsageError(
            f"{checkpoint}: was trained by the recipe {state.recipe.get('name')}, not {plan.recipe.name}; "
            f"--recipe {state.recipe.get('name')} goes on, --fresh starts over."
        )


def _layout(bank: Bank, started: InitialWeights | None) -> Tensor:
    """(73, 3): the layout of the initial weights, which keeps embedded faces compatible, or a new one."""
    assert bank.landmarks is not None
    if started is not None and started.layout is not None:
        points = started.layout.numpy()
    else:
        films = bank.landmarks[bank.clip >= 0, :POINTS]
        points = canonical_layout(films.cpu().numpy())
    with_eyes = with_irises(points[None], np.array([LAYOUT_GAZE], np.float32))[0]
    return torch.from_numpy(with_eyes).to(bank.landmarks.device)


def _objective_and_batches(
    networks: X2FaceNetworks, bank: Bank, layout: Tensor | None, recipe: Recipe
) -> tuple[nn.Module, Batches]:
    if isinstance(recipe, GuidedRecipe):
        assert layout is not None
        measures = 7 + (0 if bank.gaze is None else 2)
        scores = 0 if bank.blend is None else bank.blend.shape[1]
        objective = GuidedObjective(networks, layout, recipe, measures, scores)
        return objective, GuidedBatches(bank, layout, recipe)
    if isinstance(recipe, CompletionRecipe):
        assert layout is not None
        return CompletionObjective(networks, layout, recipe), CompletionBatches(bank, layout, recipe, networks)
    return PhotometricObjective(networks), PhotometricBatches(bank, recipe)


def statement_of(folder: FaceFolder, recipe: Recipe, started: InitialWeights | None) -> str:
    """Description of the training data, for the metadata of weights."""
    parts = [statement(folder.of_split("train"))]
    if isinstance(recipe, LabelledRecipe) and recipe.stills and folder.stills is not None:
        parts.append(photographs_statement(folder.stills.of_split("train")))
    if started is not None:
        parts.append(f"begun with {started.name}, which saw {started.data}")
    return "; ".join(parts)


def photographs_statement(stills: Sequence[Still]) -> str:
    """Description of the training photographs."""
    sources = Counter(still.source or "unnamed" for still in stills)
    listed = ", ".join(f"{name} {count}" for name, count in sorted(sources.items()))
    return f"{len(stills)} photographs of {len({still.identity for still in stills})} people: {listed}"


def statement(clips: Sequence[Clip]) -> str:
    """Description of the training clips."""
    seconds: dict[str, float] = {}
    for clip in clips:
        seconds[clip.source] = seconds.get(clip.source, 0.0) + clip.seconds
    people = len({clip.identity for clip in clips})
    sources = ", ".join(f"{name or 'unnamed'} {total:.0f} s" for name, total in sorted(seconds.items()))
    return f"{len(clips)} clips of {people} people, {sum(seconds.values()):.0f} s: {sources}"


@dataclass(frozen=True)
class _Evaluator:
    """Evaluates the EMA networks, and writes weights, a contact sheet and the training curve."""

    out: Path
    folder: FaceFolder
    bank: Bank
    held_out: HeldOut
    layout: Tensor | None

    def __call__(self, networks: X2FaceNetworks, state: RunState) -> dict[str, float]:
        figures = self.held_out.figures(networks)
        reading = fit_reading(networks, self.bank, self.folder) if self.layout is not None else None
        row = {"step": float(state.step)} | figures
        layout = None if self.layout is None else self.layout[:POINTS]
        ship(self.out / "weights.safetensors", networks, state, reading, layout, held_out=row)
        write_sheet(self.out / f"sheet-{state.step:07d}.png", self.held_out.sheet(networks))
        keep_history(self.out, state, figures)
        return figures
