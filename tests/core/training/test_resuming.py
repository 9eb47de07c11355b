"""The training loop, ended early and gone on with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from x2face_core.errors import UsageError
from x2face_core.training.checkpoint import RunState
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.processes import Processes

from .loops import MakeTrainer, parameters, silent


@pytest.mark.parametrize(
    "changed",
    [
        {"recipe": "guided", "batch": 8, "lr": 1e-3},
        {"recipe": "photometric", "optimiser": "sgd", "lr": 0.05, "ema": 0.9},
        {"recipe": "photometric", "accumulate": 2, "warmup": 4, "lr": 1e-2},
    ],
)
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(make_trainer: MakeTrainer, changed: dict) -> None:
    whole = make_trainer(**changed)
    whole.run(Length(steps=6), silent)
    whole.checkpoint.unlink()

    def interrupt(report: Report) -> None:
        if report.state.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_trainer(**changed).run(Length(steps=6), interrupt)
    torch.rand(17)  # the global generator stands elsewhere in another process
    resumed = make_trainer(**changed)
    started = parameters(resumed)
    assert resumed.resume()
    assert resumed.state.step == 3
    resumed.run(Length(steps=6), silent)

    assert (resumed.state.step, resumed.state.samples) == (whole.state.step, whole.state.samples)
    for found, expected in ((resumed.objective, whole.objective), (resumed.ema.networks, whole.ema.networks)):
        found_tensors = found.state_dict()
        for name, value in expected.state_dict().items():
            torch.testing.assert_close(found_tensors[name], value, atol=1e-6, rtol=0)
    name = "networks.driving.encoder.blocks.0.conv.weight"
    assert (parameters(resumed)[name] - started[name]).abs().max() > 1e-3  # it has been taught something


def rates_by_step(trainer: Trainer, stop: Callable[[], bool] | None = None) -> dict[int, float]:
    """The learning rate of each step of a run of six."""
    found: dict[int, float] = {}

    def note(report: Report) -> None:
        if report.rate:  # the last report is of no step
            found[report.state.step] = trainer.optimiser.param_groups[0]["lr"]

    trainer.run(Length(steps=6), note, stop)
    return found


def test_a_stopped_run_is_evaluated_and_saved_and_goes_on_by_the_same_schedule(make_trainer: MakeTrainer) -> None:
    whole = make_trainer(warmup=2, lr=1.0)
    expected = rates_by_step(whole)
    whole.checkpoint.unlink()
    stopped = make_trainer(warmup=2, lr=1.0)
    begun = rates_by_step(stopped, lambda: stopped.state.step == 4)
    assert [(row["step"], row["held_ratio"]) for row in stopped.state.history] == [(4, 1.0)]
    resumed = make_trainer(warmup=2, lr=1.0)
    assert resumed.resume()
    assert begun | rates_by_step(resumed, lambda: False) == expected
    assert list(begun) == [1, 2, 3, 4] and len(set(expected.values())) == 6


def test_a_stopped_run_reports_how_far_it_came(make_trainer: MakeTrainer) -> None:
    trainer, reports = make_trainer(), []
    trainer.run(Length(steps=4), reports.append, lambda: trainer.state.step == 1)
    assert [report.progress for report in reports] == [0, 0.25]
    trainer.run(Length(steps=4), reports.append)
    assert reports[-1].progress == 1


def test_a_run_stops_in_all_processes_if_one_is_asked_to(make_trainer: MakeTrainer) -> None:
    class WithAnother(Processes):
        def any(self, value: bool) -> bool:
            return True

    trainer = make_trainer()
    trainer.processes = WithAnother(0, 1, torch.device("cpu"))
    assert trainer.run(Length(steps=2), silent, lambda: False).step == 1


def test_a_resumed_run_goes_by_what_is_asked_now(make_trainer: MakeTrainer) -> None:
    make_trainer(lr=0.1).run(Length(steps=1), silent)
    resumed = make_trainer(lr=0.2)
    resumed.resume()
    assert resumed.state.recipe["lr"] == 0.2


def test_a_folder_without_checkpoint_is_not_resumed(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    assert not trainer.resume()
    assert trainer.state.step == 0


def test_a_run_that_ends_while_it_writes_its_first_weights_is_gone_on_with(make_trainer: MakeTrainer) -> None:
    """A full disk, or a killed process: weights without a checkpoint would belong to no run."""
    trainer = make_trainer()

    def full(networks: object, state: RunState) -> dict[str, float]:
        raise UsageError("no space left")

    trainer.evaluate = full
    with pytest.raises(UsageError):
        trainer.run(Length(steps=2), silent)
    again = make_trainer()
    assert again.resume() and again.state.step == 2
    state = again.run(Length(steps=3), silent)
    assert [(row["step"], row["held_ratio"]) for row in state.history] == [(3, 1.0)]
