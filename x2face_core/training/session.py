"""A training run: data, objective, engine, and output files.

OUT/checkpoint.safetensors  complete state, to resume from
OUT/weights.safetensors     weights for `--weights`, updated at every evaluation
OUT/sheet-STEP.png, curve.png, history.json
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from x2face_core.auxiliary import AuxiliaryInfo
from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import load_bank
from x2face_core.data.shards.folder import ShardFolder, is_shards
from x2face_core.data.shards.reading import once
from x2face_core.data.tables import Split
from x2face_core.errors import InputError, UsageError
from x2face_core.geometry.landmarks import LAYOUT_GAZE, POINTS, canonical_layout, with_irises
from x2face_core.identity.weights import load_identity
from x2face_core.networks.dims import Dims
from x2face_core.networks.identity import IdentityNetwork
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import CHECKPOINT, RunState
from x2face_core.training.completing import CompletionObjective
from x2face_core.training.completion_batches import CompletionBatches
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatches
from x2face_core.training.heldout import HeldOut
from x2face_core.training.initial_weights import InitialWeights, load_initial
from x2face_core.training.photometric import PhotometricBatches, PhotometricObjective
from x2face_core.training.prefetching import Batches
from x2face_core.training.processes import Processes
from x2face_core.training.recipes import CompletionRecipe, GuidedRecipe, LabelledRecipe, Recipe, StageTwoRecipe
from x2face_core.training.running import (
    Progress,
    check_resumable,
    keep_history,
    previous_state,
    resume_and_run,
    training_run,
    with_precision,
)
from x2face_core.training.sheets import write_sheet
from x2face_core.training.shipping import fit_reading, ship
from x2face_core.training.stage_two import StageTwoBatches, StageTwoObjective
from x2face_core.training.statements import statement_of
from x2face_core.training.streaming import StreamedBatches, use_of


@dataclass(frozen=True)
class Plan:
    """Settings of a run.

    out: folder of the run, created if missing; data: data folder (docs/data.md), or shards (docs/scale.md)
    fresh: discard an existing checkpoint
    start: initial weights, by name or path, for a run without a checkpoint; None: random
    device: auto, cpu or cuda
    identity: the identity network of the second stage, by name or path; None: the default one
    """

    out: Path
    data: str | Path
    recipe: Recipe
    dims: Dims
    length: Length
    fresh: bool = False
    start: str | Path | None = None
    device: str = "auto"
    identity: str | Path | None = None


_NEEDS_WEIGHTS = {
    "completion": "completes what other networks make",
    "identity": "is the second stage and goes on from a first one",
}


_STREAMED = ("guided", "photometric", "paper", "identity")
"""Recipes that read shards."""


@dataclass(frozen=True)
class _Teacher:
    """The identity network of the second stage, and its description."""

    network: IdentityNetwork
    info: AuxiliaryInfo


def train(
    plan: Plan,
    report: Callable[[Report], None],
    *,
    say: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda what, done, total: None,
    warn: Callable[[str], None] = lambda text: None,
) -> RunState:
    """Train, resuming from the folder's checkpoint if there is one. Under torchrun, call it in every process.

    warn: called with a line for each shard and sample that cannot be read
    UsageError for a plan whose parts do not go together, InputError for data, WeightsError for weights.
    """
    if plan.start is None and (needed := _NEEDS_WEIGHTS.get(plan.recipe.name)):
        raise UsageError(f"the recipe {plan.recipe.name} {needed}: say whose, --from WEIGHTS.")
    folder = _data(plan)
    teacher = _teacher(plan, folder) if isinstance(plan.recipe, StageTwoRecipe) else None
    _check_resumable(plan, teacher)
    with training_run(plan.out, fresh=plan.fresh, device=plan.device) as processes:
        trainer = _trainer(plan, folder, teacher, processes, progress, once(warn))
        return resume_and_run(trainer, plan.length, report, say, fresh=plan.fresh)


def _data(plan: Plan) -> FaceFolder:
    if not is_shards(plan.data):
        return FaceFolder(plan.data)
    if plan.recipe.name not in _STREAMED:
        names = ", ".join(_STREAMED)
        raise UsageError(f"the recipe {plan.recipe.name} needs a folder of face tracks; shards are for {names}.")
    return ShardFolder(plan.data)


def _teacher(plan: Plan, folder: FaceFolder) -> _Teacher:
    """The identity network. InputError if nobody could drive anybody else."""
    if folder.people("train") == 1:
        raise InputError(f"{plan.data}: its split 'train' shows one person only; stage II needs others, who drive.")
    return _Teacher(*load_identity(plan.identity))


def _trainer(
    plan: Plan,
    folder: FaceFolder,
    teacher: _Teacher | None,
    processes: Processes,
    progress: Progress,
    warn: Callable[[str], None],
) -> Trainer[X2FaceNetworks]:
    torch.manual_seed(plan.recipe.seed)
    train_bank, val_bank = (_bank(plan, folder, split, processes, progress, warn) for split in ("train", "val"))
    started = None if plan.start is None else load_initial(plan.start, plan.dims)
    layout = _layout(folder, train_bank, started) if isinstance(plan.recipe, LabelledRecipe) else None
    networks = in_memory_format(X2FaceNetworks(plan.dims), torch.channels_last, processes.device)
    if teacher is not None and isinstance(plan.recipe, StageTwoRecipe):
        layout = started.layout if started is not None else None
        objective: nn.Module = StageTwoObjective(networks, plan.recipe, teacher.network.to(processes.device))
        batches: Batches = StageTwoBatches(train_bank, plan.recipe)
    else:
        objective, batches = _objective_and_batches(networks, train_bank, layout, plan.recipe)
    objective.to(processes.device)
    if started is not None:
        _begin_with(started, networks, objective, batches, processes.device)
    frames = len(train_bank)
    if isinstance(folder, ShardFolder):
        assert isinstance(batches, GuidedBatches | PhotometricBatches | StageTwoBatches)
        use = use_of(plan.recipe, plan.dims.side, folder)
        batches = StreamedBatches(batches, folder, use, plan.recipe, processes, warn)
        frames = batches.frames
    recipe, dtype = with_precision(_with_norms(plan), objective, batches, processes)
    assert val_bank.person is not None
    held_out = HeldOut.of(val_bank, val_bank.person)
    reads = folder.has_labels and isinstance(plan.recipe, LabelledRecipe | StageTwoRecipe)
    judge = _Evaluator(plan.out, folder, train_bank, held_out, layout, reads)
    data: dict[str, object] = {"statement": statement_of(folder, plan.recipe, started), "frames": frames}
    if teacher is not None:
        data |= {"identity": teacher.info.name, "identity_sha256": teacher.info.sha256}
    return Trainer(plan.out, objective, batches, recipe, processes, dtype, judge, data)


def _bank(
    plan: Plan,
    folder: FaceFolder,
    split: Split,
    processes: Processes,
    progress: Progress,
    warn: Callable[[str], None],
) -> Bank:
    """The frames of a split, of shards a few clips only.

    Photographs are used for training only, so that held-out figures are those of films.
    """
    if isinstance(folder, ShardFolder):
        use = use_of(plan.recipe, plan.dims.side, folder)
        reads = isinstance(plan.recipe, StageTwoRecipe) and folder.has_labels
        return folder.bank(split, replace(use, labels=use.labels or reads), warn).to(processes.device)
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


def _check_resumable(plan: Plan, teacher: _Teacher | None) -> None:
    state = check_resumable(plan.out, fresh=plan.fresh, recipe=plan.recipe, dims=plan.dims)
    if state is None or teacher is None:
        return
    if state.data.get("identity_sha256") != teacher.info.sha256:
        raise UsageError(
            f"{plan.out / CHECKPOINT}: was taught by another identity network, {state.data.get('identity')}; "
            "give the same --identity, or --fresh to start over."
        )


def _begin_with(
    started: InitialWeights, networks: X2FaceNetworks, objective: nn.Module, batches: Batches, device: torch.device
) -> None:
    """Load the initial weights; linear heads, which weights do not hold, are fitted to their vectors."""
    networks.load_state_dict(started.tensors, strict=False)
    if isinstance(objective, GuidedObjective):
        assert isinstance(batches, GuidedBatches)
        draws = (batches.draw(generator(batches.recipe.seed, -1, part, device), 64) for part in range(16))
        objective.fit_heads(draws)


def _with_norms(plan: Plan) -> Recipe:
    """The recipe with its kind of batch norm resolved; a resumed run goes on with its own."""
    if plan.recipe.norms != "auto":
        return plan.recipe
    state = previous_state(plan.out, fresh=plan.fresh)
    if state is not None:
        return replace(plan.recipe, norms="kept" if state.recipe.get("norms") == "kept" else "batch")
    return replace(plan.recipe, norms="batch" if plan.start is None else "kept")


def _layout(folder: FaceFolder, bank: Bank, started: InitialWeights | None) -> Tensor:
    """(73, 3): the layout of the initial weights, which keeps embedded faces compatible, or a new one."""
    assert bank.landmarks is not None
    if started is not None and started.layout is not None:
        points = started.layout.numpy()
    elif isinstance(folder, ShardFolder):
        points = folder.layout()
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


@dataclass(frozen=True)
class _Evaluator:
    """Evaluates the EMA networks, and writes weights, a contact sheet and the training curve.

    reads: fit a readout to the folder's labels
    """

    out: Path
    folder: FaceFolder
    bank: Bank
    held_out: HeldOut
    layout: Tensor | None
    reads: bool

    def __call__(self, networks: X2FaceNetworks, state: RunState) -> dict[str, float]:
        figures = self.held_out.figures(networks)
        reading = fit_reading(networks, self.bank, self.folder) if self.reads else None
        row = {"step": float(state.step)} | figures
        layout = None if self.layout is None else self.layout[:POINTS]
        ship(self.out / "weights.safetensors", networks, state, reading, layout, held_out=row)
        write_sheet(self.out / f"sheet-{state.step:07d}.png", self.held_out.sheet(networks))
        keep_history(self.out, state, figures)
        return figures
