"""A whole training run of the sync encoder, with the engine that trains the face networks.

OUT/checkpoint.safetensors  everything needed to go on
OUT/sync.safetensors        the encoder, renewed at every evaluation
OUT/curve.png, history.json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from x2face_audio.sync.bank import SyncBank, load_sync_bank
from x2face_audio.sync.heldout import held_out
from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_audio.sync.objective import SyncBatches, SyncObjective
from x2face_audio.sync.recipe import SYNC, SyncRecipe
from x2face_audio.sync.weights import save_sync
from x2face_core.data.folder import FaceFolder
from x2face_core.data.tables import Split
from x2face_core.errors import UsageError
from x2face_core.storing import write_text
from x2face_core.training.checkpoint import CHECKPOINT, RunState, load_checkpoint
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.precision import fastest
from x2face_core.training.processes import Processes, join, leave
from x2face_core.training.session import Progress, statement
from x2face_core.training.sheets import write_curve
from x2face_core.training.taking import taken

WEIGHTS = "sync.safetensors"


@dataclass(frozen=True)
class SyncPlan:
    """What to train; fields as of training.session.Plan."""

    out: Path
    data: Path
    length: Length
    recipe: SyncRecipe = SYNC
    dims: SyncDims = SyncDims()
    fresh: bool = False
    device: str = "auto"


def train_sync(
    plan: SyncPlan,
    report: Callable[[Report], None],
    *,
    say: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda what, done, total: None,
) -> RunState:
    """Train as planned, from the folder's checkpoint where there is one. Under torchrun, call it in every process."""
    folder = FaceFolder(plan.data)
    _check_resumable(plan)
    processes = join(plan.device)
    try:
        with taken(plan.out, first=processes.first, fresh=plan.fresh):
            trainer = _trainer(plan, folder, processes, progress)
            resumed = not plan.fresh and trainer.resume()
            say(f"{'going on at' if resumed else 'starting with'} step {trainer.state.step}, {processes.device}")
            return trainer.run(plan.length, report)
    finally:
        leave()


def _trainer(plan: SyncPlan, folder: FaceFolder, processes: Processes, progress: Progress) -> Trainer[SyncNetworks]:
    torch.manual_seed(plan.recipe.seed)
    train, val = (
        load_sync_bank(folder, split, plan.dims, versions=versions, progress=partial(progress, f"reading {split}")).to(
            processes.device
        )
        for split, versions in _splits(plan.recipe)
    )
    networks = SyncNetworks(plan.dims)
    networks.audio.mean.copy_(train.rows[0].mean(0))
    networks.audio.deviation.copy_(train.rows[0].std(0))
    objective = SyncObjective(networks, plan.recipe).to(processes.device)
    batches = SyncBatches(train, plan.recipe)
    recipe = plan.recipe
    if recipe.dtype == "auto":
        batch = batches.draw(generator(recipe.seed, 0, 0, processes.device), recipe.batch)
        bf16 = processes.agree(float(fastest(objective, batch, processes.device) is torch.bfloat16))
        recipe = replace(recipe, dtype="bf16" if bf16 else "fp32")
    dtype = torch.bfloat16 if recipe.dtype == "bf16" else torch.float32
    data: dict[str, object] = {"statement": statement([c for c in folder.of_split("train") if c.sound])}
    return Trainer(plan.out, objective, batches, recipe, processes, dtype, _Judge(plan.out, val), data)


def _splits(recipe: SyncRecipe) -> tuple[tuple[Split, int], ...]:
    return ("train", recipe.versions), ("val", 1)


def _check_resumable(plan: SyncPlan) -> None:
    checkpoint = plan.out / CHECKPOINT
    if plan.fresh or not checkpoint.is_file():
        return
    _, state = load_checkpoint(checkpoint)
    if state.recipe.get("name") != plan.recipe.name or state.dims != plan.dims.to_dict():
        raise UsageError(f"{checkpoint}: belongs to another kind of run or other sizes; --fresh starts over.")


@dataclass(frozen=True)
class _Judge:
    """Measures the averaged encoder on people it has not seen, and leaves it and the curve behind."""

    out: Path
    bank: SyncBank

    def __call__(self, networks: SyncNetworks, state: RunState) -> dict[str, float]:
        figures = held_out(networks, self.bank)
        row = {"step": float(state.step)} | figures
        steps = {"steps": state.step, "samples": state.samples, "minutes": round(state.seconds / 60, 1)}
        described = {
            "name": "sync",
            "recipe": state.recipe | steps,
            "metrics": {name: round(value, 4) for name, value in figures.items()},
            "data": str(state.data.get("statement", "")),
        }
        save_sync(self.out / WEIGHTS, networks, described)
        history = [*state.history, row]
        write_curve(self.out / "curve.png", history, {"contrast": (40, 90, 200), "within_1": (200, 60, 40)})
        write_text(self.out / "history.json", json.dumps(history, indent=1))
        return figures
