"""A training run of the sync encoder, with the engine for the face networks.

OUT/checkpoint.safetensors  complete state, to resume from
OUT/sync.safetensors        the encoder, updated at every evaluation
OUT/curve.png, history.json
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from x2face_audio.sync.bank import LEAST, SyncBank, load_sync_bank
from x2face_audio.sync.heldout import held_out
from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_audio.sync.objective import SyncBatches, SyncObjective
from x2face_audio.sync.recipe import SYNC, SyncRecipe
from x2face_audio.sync.weights import load_sync, save_sync
from x2face_core.data.folder import FaceFolder
from x2face_core.data.tables import Split
from x2face_core.errors import UsageError
from x2face_core.training.checkpoint import RunState
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.processes import Processes
from x2face_core.training.running import (
    Progress,
    check_resumable,
    description,
    keep_history,
    resume_and_run,
    training_run,
    with_precision,
)
from x2face_core.training.statements import statement

WEIGHTS = "sync.safetensors"


@dataclass(frozen=True)
class SyncPlan:
    """Settings of a run; fields as of training.session.Plan.

    start: encoder of these dims, by name or path, to initialise a run without a checkpoint; None: random
    """

    out: Path
    data: Path
    length: Length
    recipe: SyncRecipe = SYNC
    dims: SyncDims = SyncDims()
    fresh: bool = False
    device: str = "auto"
    start: str | Path | None = None


def train_sync(
    plan: SyncPlan,
    report: Callable[[Report], None],
    *,
    say: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda what, done, total: None,
) -> RunState:
    """Train, resuming from the folder's checkpoint if there is one. Under torchrun, call it in every process."""
    folder = FaceFolder(plan.data)
    check_resumable(plan.out, fresh=plan.fresh, recipe=plan.recipe, dims=plan.dims)
    networks = _initial_networks(plan)
    with training_run(plan.out, fresh=plan.fresh, device=plan.device) as processes:
        trainer = _trainer(plan, folder, networks, processes, progress)
        return resume_and_run(trainer, plan.length, report, say, fresh=plan.fresh)


def _trainer(
    plan: SyncPlan, folder: FaceFolder, networks: SyncNetworks, processes: Processes, progress: Progress
) -> Trainer[SyncNetworks]:
    train, val = (
        load_sync_bank(
            folder, split, plan.dims, versions=versions, least=least, progress=partial(progress, f"reading {split}")
        ).to(processes.device)
        for split, versions, least in _splits(plan.recipe)
    )
    if plan.start is None:
        _normalise(networks, train)
    objective = SyncObjective(networks, plan.recipe, train.measures.shape[1]).to(processes.device)
    batches = SyncBatches(train, plan.recipe)
    recipe, dtype = with_precision(plan.recipe, objective, batches, processes)
    with_sound = [clip for clip in folder.of_split("train") if clip.sound]
    data: dict[str, object] = {
        "statement": statement(with_sound),
        "start": None if plan.start is None else Path(plan.start).name,
    }
    return Trainer(plan.out, objective, batches, recipe, processes, dtype, _Evaluator(plan.out, val), data)


def _initial_networks(plan: SyncPlan) -> SyncNetworks:
    """The plan's initial networks, or random ones."""
    torch.manual_seed(plan.recipe.seed)
    networks = SyncNetworks(plan.dims)
    if plan.start is not None:
        started, info = load_sync(plan.start)
        if info.dims != plan.dims.to_dict():
            raise UsageError(f"{plan.start}: has sizes of its own ({info.dims}); a run from it has to have them, too.")
        networks.load_state_dict(started.state_dict())
    return networks


def _normalise(networks: SyncNetworks, train: SyncBank) -> None:
    """Have the audio stream normalise by the mean and deviation of the training sound."""
    networks.audio.mean.copy_(train.rows[0].mean(0))
    networks.audio.deviation.copy_(train.rows[0].std(0))


def _splits(recipe: SyncRecipe) -> tuple[tuple[Split, int, int], ...]:
    """Each split with its versions of the sound, and the least number of frames of its clips."""
    return ("train", recipe.versions, max(LEAST, recipe.moments)), ("val", 1, LEAST)


@dataclass(frozen=True)
class _Evaluator:
    """Evaluates the averaged encoder on held-out people, and writes it and the training curve."""

    out: Path
    bank: SyncBank

    def __call__(self, networks: SyncNetworks, state: RunState) -> dict[str, float]:
        figures = held_out(networks, self.bank)
        save_sync(self.out / WEIGHTS, networks, description("sync", state, figures))
        keep_history(self.out, state, figures, {"contrast": (40, 90, 200), "within_1": (200, 60, 40)})
        return figures
