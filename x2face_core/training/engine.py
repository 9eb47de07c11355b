"""The training loop: steps, checkpoints and evaluations, on one process or several."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from x2face_core.training.checkpoint import (
    CHECKPOINT,
    RunState,
    checkpoint_errors,
    load_checkpoint,
    optimiser_tensors,
    restore_optimiser,
    save_checkpoint,
)
from x2face_core.training.ema import EMA, N
from x2face_core.training.prefetching import Batches, Prefetcher
from x2face_core.training.processes import Processes
from x2face_core.training.recipes import Recipe
from x2face_core.training.throughput import Throughput

_TOLD_EVERY = 10
"""Steps on a GPU after which losses are read, since each reading waits for it."""


@dataclass(frozen=True)
class Length:
    """The length of a run: minutes (over all resumed parts) or steps."""

    minutes: float | None = None
    steps: int | None = None

    def progress(self, state: RunState) -> float:
        """0 at the start, 1 when done."""
        if self.steps is not None:
            return min(1.0, state.step / max(1, self.steps))
        assert self.minutes is not None
        return min(1.0, state.seconds / max(1e-9, self.minutes * 60))


@dataclass(frozen=True)
class Report:
    """The report of a step: running means of the losses, and held-out figures if just measured.

    mfu: model FLOPs utilisation so far, None where it is not measured
    """

    state: RunState
    progress: float
    rate: float
    losses: dict[str, float]
    held_out: dict[str, float] | None
    mfu: float | None = None


class Trainer(Generic[N]):
    """One training run in one folder.

    objective: a module with `networks` that maps a batch and the progress to losses
    batches: draws one part of a step from a generator
    evaluate: returns held-out figures of networks; called in the first process with the EMA weights
    """

    def __init__(
        self,
        path: Path,
        objective: nn.Module,
        batches: Batches,
        recipe: Recipe,
        processes: Processes,
        dtype: torch.dtype,
        evaluate: Callable[[N, RunState], dict[str, float]],
        data: dict[str, object] | None = None,
    ) -> None:
        self.path, self.batches, self.recipe, self.processes = path, batches, recipe, processes
        self.dtype, self.evaluate = dtype, evaluate
        self.objective = objective
        networks: Any = objective.networks  # torch's stubs take attributes of modules for tensors or modules
        self.networks: N = networks
        self.wrapped = processes.wrap(objective)
        self.optimiser = _optimiser(objective, recipe)
        self.ema = EMA(self.networks, recipe.ema)
        self.state = RunState(recipe=asdict(recipe), dims=networks.dims.to_dict(), data=dict(data or {}))
        self.checkpoint = path / CHECKPOINT
        self.throughput: Throughput | None = None
        self.share = max(2, recipe.batch // (recipe.accumulate * processes.count))
        first = processes.rank * recipe.accumulate
        self.prefetcher = Prefetcher(batches, recipe.seed, processes.device, first, recipe.accumulate, self.share)

    def resume(self) -> bool:
        """Resume from the folder's checkpoint, if there is one; returns whether there was."""
        if not self.checkpoint.is_file():
            return False
        configured = self.state
        tensors, self.state = load_checkpoint(self.checkpoint)
        self.state.recipe, self.state.dims, self.state.data = configured.recipe, configured.dims, configured.data
        with checkpoint_errors(self.checkpoint):
            self.objective.load_state_dict(_under("objective.", tensors))
            self.ema.networks.load_state_dict(_under("averaged.", tensors))
            restore_optimiser(self.optimiser, tensors)
        return True

    def save(self) -> None:
        """Write the checkpoint, in the first process only."""
        if not self.processes.first:
            return
        tensors = {f"objective.{name}": value for name, value in self.objective.state_dict().items()}
        tensors |= {f"averaged.{name}": value for name, value in self.ema.networks.state_dict().items()}
        save_checkpoint(self.checkpoint, tensors | optimiser_tensors(self.optimiser), self.state)

    def run(self, length: Length, report: Callable[[Report], None], stop: Callable[[], bool] | None = None) -> RunState:
        """Train until the length is reached, or `stop` returns true; saves periodically, at the end, when interrupted.

        stop: asked after each step; given in every process or in none. The run is evaluated and saved then, and a
            later run of the same length goes on by the learning rates of one uninterrupted run.
        """
        clock = _Clock(self.recipe)
        means: dict[str, float] = {}
        try:
            while (progress := self._progress(length)) < 1:
                started = time.monotonic()
                losses = self.step(progress)
                _renew(means, losses, self.state.step, self.processes.device)
                self.state.seconds += time.monotonic() - started
                held_out = self._milestones(clock, means)
                rate = self.recipe.batch / (time.monotonic() - started)
                report(Report(self.state, progress, rate, means, held_out, self._speed().get("mfu")))
                if stop is not None and self.processes.any(stop()):
                    break
        except KeyboardInterrupt:
            self.save()
            raise
        held_out = self._evaluate(means)
        self.save()
        report(Report(self.state, self._progress(length), 0.0, means, held_out, self._speed().get("mfu")))
        return self.state

    def _progress(self, length: Length) -> float:
        """The progress by the first process, in all of them, which have to end at the same step."""
        return self.processes.broadcast(length.progress(self.state))

    def step(self, progress: float) -> dict[str, Tensor]:
        """One update with one global batch; each process and part draws its own share."""
        recipe, device = self.recipe, self.processes.device
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(recipe, self.state, progress)
        self.objective.train()
        if recipe.norms == "kept":
            _keep_norms(self.networks)
        self.optimiser.zero_grad(set_to_none=True)
        total: dict[str, Tensor] = {}
        for part in range(recipe.accumulate):
            batch = self.prefetcher.batch(self.state.step, part)
            with (
                self._without_gradient_sync(part),
                torch.autocast(device.type, self.dtype, enabled=self.dtype != torch.float32),
            ):
                losses = self.wrapped(batch, progress)
                (losses["loss"] / recipe.accumulate).backward()
            for name, value in losses.items():
                total[name] = total.get(name, 0) + value.detach() / recipe.accumulate
        if recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.objective.parameters(), recipe.clip_norm)
        self.optimiser.step()
        self.ema.update(self.networks, self.state.step)
        self.state.step += 1
        self.state.samples += self.share * recipe.accumulate * self.processes.count
        return total

    def _without_gradient_sync(self, part: int) -> AbstractContextManager[None]:
        """Synchronise gradients between processes only after the last part of a step."""
        last = part == self.recipe.accumulate - 1
        if last or not isinstance(self.wrapped, DistributedDataParallel):
            return nullcontext()
        without: AbstractContextManager[None] = self.wrapped.no_sync()
        return without

    def _milestones(self, clock: _Clock, means: dict[str, float]) -> dict[str, float] | None:
        held_out = None
        if self.processes.broadcast(clock.evaluation_due(self.state)):
            held_out = self._evaluate(means)
        if clock.checkpoint_due() or held_out is not None:
            self.save()
        return held_out

    def _evaluate(self, means: dict[str, float]) -> dict[str, float]:
        if not self.checkpoint.exists():
            self.save()  # before the first weights, which a run that is killed here would leave without a checkpoint
        held_out = self.evaluate(self.ema.networks, self.state) if self.processes.first else {}
        ratio = self.processes.broadcast(held_out.get("held_ratio", held_out.get("eer", 0.0)))
        if self.recipe.schedule == "plateau":
            _plateau(self.state, ratio)
        row = {"step": self.state.step, "samples": self.state.samples, "seconds": self.state.seconds}
        self.state.history.append(row | self._speed() | means | held_out)
        return held_out

    def _speed(self) -> dict[str, float]:
        return {} if self.throughput is None else dict(self.throughput.figures(self.state))


def _keep_norms(networks: nn.Module) -> None:
    """Batch norms normalise by their running statistics, which stay as they are; scale and shift are trained."""
    for module in networks.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def _renew(means: dict[str, float], losses: dict[str, Tensor], step: int, device: torch.device) -> None:
    """The running means of the losses, over about fifty steps."""
    every = _TOLD_EVERY if device.type == "cuda" else 1
    if step % every == 0 or not means:
        kept = 0.98**every
        for name, value in losses.items():
            means[name] = kept * means.get(name, float(value)) + (1 - kept) * float(value)


class _Clock:
    """Decides when checkpoints and evaluations are due, by the time since the process started."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.saved = time.monotonic()
        self.evaluated: float | None = None

    def checkpoint_due(self) -> bool:
        due = time.monotonic() - self.saved > self.recipe.checkpoint_minutes * 60
        self.saved = time.monotonic() if due else self.saved
        return due

    def evaluation_due(self, state: RunState) -> bool:
        self.evaluated = state.seconds if self.evaluated is None else self.evaluated
        due = state.seconds - self.evaluated > self.recipe.evaluate_minutes * 60
        self.evaluated = state.seconds if due else self.evaluated
        return due


def learning_rate(recipe: Recipe, state: RunState, progress: float) -> float:
    """The rate of the next step: warm-up, then cosine or plateau. progress: 0 at the start of the run, 1 at its end"""
    warm = min(1.0, (state.step + 1) / recipe.warmup) if recipe.warmup else 1.0
    if recipe.schedule != "cosine":
        return recipe.lr * warm * state.lr_factor
    falling = recipe.end + (1 - recipe.end) * 0.5 * (1 + math.cos(math.pi * progress))
    return recipe.lr * warm * falling


def _plateau(state: RunState, ratio: float, patience: int = 3) -> None:
    """Divide the rate by 10 after `patience` evaluations without improvement (paper section 5)."""
    better = state.best is None or ratio < state.best * 0.999
    state.best = ratio if better else state.best
    state.stalled = 0 if better else state.stalled + 1
    if state.stalled >= patience:
        state.lr_factor /= 10
        state.stalled = 0


def _optimiser(objective: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    parameters = list(objective.parameters())
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(parameters, recipe.lr, betas=(0.9, 0.99), weight_decay=recipe.weight_decay, fused=True)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
