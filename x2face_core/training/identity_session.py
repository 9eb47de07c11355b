"""A training run of an identity network, with the engine for the face networks.

OUT/checkpoint.safetensors  complete state, to resume from
OUT/identity.safetensors    the network, updated at every evaluation
OUT/curve.png, history.json
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from x2face_core.data.folder import FaceFolder
from x2face_core.data.tables import Split
from x2face_core.errors import UsageError
from x2face_core.identity.weights import load_identity, save_identity
from x2face_core.networks.identity import IDENTITY_PRESETS, IdentityDims, IdentityNetwork
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.training.checkpoint import RunState
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.identity_bank import IdentityBank, load_identity_bank
from x2face_core.training.identity_objective import IdentityBatches, IdentityObjective
from x2face_core.training.identity_recipe import IDENTITY, IdentityRecipe
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
from x2face_core.training.statements import photographs_statement, statement
from x2face_core.training.verification import verification

WEIGHTS = "identity.safetensors"
_HELD_FRAMES = 20  # of a held-out person


@dataclass(frozen=True)
class IdentityPlan:
    """Settings of a run; fields as of training.session.Plan.

    start: network of these dims, by name or path, to initialise a run without a checkpoint; None: random
    """

    out: Path
    data: Path
    length: Length
    recipe: IdentityRecipe = IDENTITY
    dims: IdentityDims = IDENTITY_PRESETS["light"]
    fresh: bool = False
    device: str = "auto"
    start: str | Path | None = None


def train_identity(
    plan: IdentityPlan,
    report: Callable[[Report], None],
    *,
    say: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda what, done, total: None,
) -> RunState:
    """Train, resuming from the folder's checkpoint if there is one. Under torchrun, call it in every process."""
    folder = FaceFolder(plan.data)
    check_resumable(plan.out, fresh=plan.fresh, recipe=plan.recipe, dims=plan.dims)
    network = _initial_network(plan)
    with training_run(plan.out, fresh=plan.fresh, device=plan.device) as processes:
        trainer = _trainer(plan, folder, network, processes, say, progress)
        return resume_and_run(trainer, plan.length, report, say, fresh=plan.fresh)


def _trainer(
    plan: IdentityPlan,
    folder: FaceFolder,
    network: IdentityNetwork,
    processes: Processes,
    say: Callable[[str], None],
    progress: Progress,
) -> Trainer[IdentityNetwork]:
    train, val = (
        load_identity_bank(
            folder,
            split,
            plan.dims.whole,
            frames=frames,
            every=plan.recipe.every,
            least=least,
            progress=partial(progress, f"reading {split}"),
        ).to(processes.device)
        for split, frames, least in _splits(plan.recipe)
    )
    if val.people < 2:
        say("the split val shows one person only, so that nothing can be verified")
    in_memory_format(network, torch.channels_last, processes.device)
    batches = IdentityBatches(train, plan.recipe, network)
    objective = IdentityObjective(network, plan.recipe, batches.classes).to(processes.device)
    recipe, dtype = with_precision(plan.recipe, objective, batches, processes)
    data: dict[str, object] = {
        "statement": _statement(folder),
        "start": None if plan.start is None else Path(plan.start).name,
    }
    return Trainer(plan.out, objective, batches, recipe, processes, dtype, _Evaluator(plan.out, val), data)


def _splits(recipe: IdentityRecipe) -> tuple[tuple[Split, int, int], ...]:
    return ("train", recipe.frames, 2), ("val", _HELD_FRAMES, 1)


def _statement(folder: FaceFolder) -> str:
    stills = folder.stills.of_split("train") if folder.stills else []
    clips = folder.of_split("train")
    return "; ".join(([statement(clips)] if clips else []) + ([photographs_statement(stills)] if stills else []))


def _initial_network(plan: IdentityPlan) -> IdentityNetwork:
    torch.manual_seed(plan.recipe.seed)
    if plan.start is None:
        return IdentityNetwork(plan.dims)
    started, _ = load_identity(plan.start)
    if started.dims != plan.dims:
        changed = [key for key, value in plan.dims.to_dict().items() if started.dims.to_dict()[key] != value]
        raise UsageError(f"{plan.start}: differs from the network to train in {', '.join(changed)}.")
    return started.requires_grad_(True)


@dataclass(frozen=True)
class _Evaluator:
    """Evaluates the averaged network on held-out people, and writes it and the training curve."""

    out: Path
    bank: IdentityBank

    def __call__(self, network: IdentityNetwork, state: RunState) -> dict[str, float]:
        figures = {name: value for name, value in verification(network, self.bank).items() if not math.isnan(value)}
        save_identity(self.out / WEIGHTS, network, description("identity", state, figures))
        keep_history(self.out, state, figures, {"contrast": (40, 90, 200), "eer": (200, 60, 40)})
        return figures
