"""The training loop: rates, averages, accumulating."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState
from x2face_core.training.ema import EMA
from x2face_core.training.engine import Length, Report, learning_rate
from x2face_core.training.recipes import RECIPES, Recipe

from .loops import MakeTrainer, parameters, silent


def test_the_rate_warms_up_and_falls_as_a_cosine() -> None:
    recipe = Recipe("photometric", lr=1.0, warmup=4, end=0.1)
    assert [learning_rate(recipe, RunState(step=step), 0.0) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    falling = [learning_rate(recipe, RunState(step=9), progress) for progress in (0, 1 / 3, 0.5, 1)]
    assert falling == pytest.approx([1, 0.1 + 0.9 * 0.75, 0.55, 0.1])


def test_a_constant_rate_stays() -> None:
    recipe = replace(RECIPES["paper"], schedule="constant")
    assert {learning_rate(recipe, RunState(step=step), step / 10) for step in range(10)} == {0.001}


def rates(make_trainer: MakeTrainer, ratios: list[float]) -> list[float]:
    """The plateau's rate after each evaluation, of which a run makes one a step but the first, and one at the end."""
    trainer = make_trainer("paper", every=1, lr=1.0, evaluate_minutes=0.0)
    figures = iter(ratios)
    trainer.evaluate = lambda networks, state: {"held_ratio": next(figures)}
    found = []

    def note(report: Report) -> None:
        if report.held_out is not None:
            found.append(learning_rate(trainer.recipe, report.state, 0.5))

    trainer.run(Length(steps=len(ratios)), note)
    return found


def test_a_plateau_divides_the_rate_by_ten(make_trainer: MakeTrainer) -> None:
    found = rates(make_trainer, [0.9, 0.8, 0.81, 0.8, 0.85, 0.8, 0.8, 0.8])
    assert found == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01])


def test_getting_better_keeps_the_rate(make_trainer: MakeTrainer) -> None:
    assert rates(make_trainer, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]) == [1.0] * 6
    assert rates(make_trainer, [0.9, 1.0, 1.0, 0.8, 0.9, 0.9, 0.7]) == [1.0] * 7


def test_only_the_plateau_looks_at_held_out_figures(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("photometric")
    for _ in range(5):
        trainer._evaluate({})
    assert trainer.state.lr_factor == 1


def test_a_run_is_as_long_as_asked(make_trainer: MakeTrainer) -> None:
    steps: list[int] = []
    state = make_trainer().run(Length(steps=3), lambda report: steps.append(report.state.step))
    assert (state.step, state.samples) == (3, 12)
    assert steps == [1, 2, 3, 3]  # and once more with the last figures
    assert state.history[-1]["held_ratio"] == 1.0


def test_progress_is_steps_or_minutes_over_all_parts_of_a_run() -> None:
    assert Length(steps=200).progress(RunState(step=50)) == 0.25
    assert Length(minutes=2).progress(RunState(seconds=90)) == 0.75
    assert Length(steps=10).progress(RunState(step=30)) == 1


def test_the_same_seed_trains_the_same_and_another_does_not(make_trainer: MakeTrainer) -> None:
    runs = []
    for seed in (0, 0, 1):
        trainer = make_trainer("guided", seed=seed, lr=1e-2)
        trainer.run(Length(steps=2), silent)
        runs.append(trainer.networks.driving.encoder.blocks[0].conv.weight.detach())
    assert torch.equal(runs[0], runs[1])
    assert not torch.allclose(runs[0], runs[2], atol=1e-4)


def test_checkpoints_are_written_on_the_way(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(checkpoint_minutes=0.0)
    there: list[bool] = []
    trainer.run(Length(steps=2), lambda report: there.append(trainer.checkpoint.is_file()))
    assert there[0]


def test_evaluations_come_when_they_are_due_and_at_the_end(make_trainer: MakeTrainer) -> None:
    held_out: list[bool] = []
    make_trainer(evaluate_minutes=0.0).run(Length(steps=3), lambda report: held_out.append(report.held_out is not None))
    assert held_out == [False, True, True, True]
    held_out.clear()
    make_trainer(evaluate_minutes=9.0).run(Length(steps=3), lambda report: held_out.append(report.held_out is not None))
    assert held_out == [False, False, False, True]


def test_gradients_of_parts_are_averaged(make_trainer: MakeTrainer) -> None:
    """Two equal parts give the step of one of them."""
    steps = []
    for accumulate in (1, 2):
        trainer = make_trainer(batch=4 * accumulate, accumulate=accumulate, optimiser="sgd", momentum=0.0, lr=0.1)
        batch = trainer.batches.draw(torch.Generator().manual_seed(0), 4)
        trainer.prefetcher.batches = _Always(batch)
        trainer.step(0.0)
        steps.append(trainer.networks.driving.encoder.blocks[0].conv.weight.detach())
    torch.testing.assert_close(steps[0], steps[1], atol=1e-6, rtol=1e-5)


class _Always:
    """Draws one batch for ever."""

    def __init__(self, batch: object) -> None:
        self.batch = batch

    def draw(self, random: torch.Generator, count: int) -> object:
        return self.batch


def test_gradients_are_clipped_to_the_recipes_norm(make_trainer: MakeTrainer) -> None:
    moved = []
    for norm in (1e-3, 1e-4):
        trainer = make_trainer(optimiser="sgd", momentum=0.0, weight_decay=0.0, lr=1.0, clip_norm=norm)
        before = parameters(trainer)
        trainer.step(0.0)
        now = {name: value.detach() for name, value in trainer.objective.named_parameters()}
        moved.append(math.sqrt(sum(float((now[name] - before[name]).square().sum()) for name in now)))
    assert moved == pytest.approx([1e-3, 1e-4], rel=1e-2)


def constant(value: float) -> X2FaceNetworks:
    torch.manual_seed(0)
    networks = X2FaceNetworks(Dims(side=8, flow_side=8, width=2, vector=4)).requires_grad_(False)
    for tensor in itertools.chain(networks.parameters(), networks.buffers()):
        tensor.fill_(value) if tensor.is_floating_point() else None
    return networks


def first(ema: EMA) -> float:
    return float(ema.networks.driving.encoder.blocks[0].conv.weight.flatten()[0])


def test_averages_follow_at_once_at_first_and_slowly_later() -> None:
    ema = EMA(constant(0.0), decay=0.9)
    ema.update(constant(1.0), step=0)  # a tenth of the old
    assert first(ema) == pytest.approx(0.9)
    ema.update(constant(2.0), step=8)  # half of it
    assert first(ema) == pytest.approx(1.45)
    ema.update(constant(0.0), step=10_000)  # nine tenths
    assert first(ema) == pytest.approx(1.305)


def test_statistics_are_averaged_too() -> None:
    ema = EMA(constant(0.0), decay=0.5)
    ema.update(constant(1.0), step=1000)
    norm = ema.networks.driving.encoder.blocks[1].norm
    assert float(norm.running_var[0]) == float(norm.running_mean[0]) == 0.5


def test_without_decay_the_newest_weights_are_kept() -> None:
    ema = EMA(constant(0.0), decay=0.0)
    ema.update(constant(3.0), step=5)
    assert first(ema) == 3.0


def test_averages_are_what_is_judged(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    judged = []
    trainer = make_trainer(lr=0.1)
    trainer.evaluate = lambda networks, state: judged.append(networks) or {"held_ratio": 1.0}
    trainer.run(Length(steps=2), silent)
    assert judged == [trainer.ema.networks]
    assert not judged[0].training
    ours, theirs = (n.driving.encoder.blocks[0].conv.weight for n in (judged[0], trainer.networks))
    assert not torch.equal(ours, theirs)


@pytest.mark.parametrize(("norms", "moved"), [("kept", False), ("batch", True)])
def test_statistics_of_batch_norms_are_kept_if_asked(make_trainer: MakeTrainer, norms: str, moved: bool) -> None:
    """By kept statistics the loss in training is that of evaluation; scale and shift of batch norms are trained."""
    trainer = make_trainer(norms=norms)
    norm = next(one for one in trainer.networks.driving.modules() if isinstance(one, torch.nn.BatchNorm2d))
    mean, weight = norm.running_mean.clone(), norm.weight.clone()
    with torch.no_grad():
        evaluated = float(trainer.objective.eval()(trainer.prefetcher.batch(0, 0), 0.0)["l1"])
    trained = float(trainer.step(0.0)["l1"])
    assert torch.equal(norm.running_mean, mean) != moved
    assert (trained == pytest.approx(evaluated, rel=1e-5)) != moved
    assert not torch.equal(norm.weight, weight)
