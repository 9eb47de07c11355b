"""Whole runs on drawn faces: the files they leave, and what stops them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.media.images import read_picture
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.training.checkpoint import RunState, load_checkpoint, save_checkpoint
from x2face_core.training.engine import Length
from x2face_core.training.precision import fastest
from x2face_core.training.processes import join
from x2face_core.training.recipes import RECIPES
from x2face_core.training.session import Plan, train
from x2face_core.weights import verify

from .loops import assert_trained_alike, train_by_two_processes

MakePlan = Callable[..., Plan]


@pytest.fixture
def make_plan(face_folder: Path, tmp_path: Path, dims: Dims) -> MakePlan:
    def make(recipe: str = "photometric", steps: int = 2, fresh: bool = False, **changed: Any) -> Plan:
        taught = replace(RECIPES[recipe], **{"batch": 4, "every": 2, "dtype": "fp32"} | changed)
        return Plan(tmp_path / "run", face_folder, taught, dims, Length(steps=steps), fresh=fresh, device="cpu")

    return make


def run(plan: Plan) -> tuple[RunState, list[str]]:
    messages: list[str] = []
    return train(plan, lambda report: None, say=messages.append), messages


@pytest.mark.parametrize("recipe", ["photometric", "paper", "guided"])
def test_every_recipe_runs_and_leaves_weights_that_work(make_plan: MakePlan, recipe: str) -> None:
    plan = make_plan(recipe)
    state, messages = run(plan)
    assert (state.step, state.samples) == (2, 8)
    assert messages == ["starting with step 0, fp32, cpu"]
    names = {path.name for path in plan.out.iterdir()}
    expected = {"checkpoint.safetensors", "weights.safetensors", "sheet-0000002.png", "curve.png", "history.json"}
    assert names == expected
    model = X2Face.load(plan.out / "weights.safetensors")
    pictures = torch.rand(2, 3, 48, 48)
    assert model.render(model.embed(pictures), model.encode(pictures)).shape == (2, 3, 48, 48)
    info = verify(plan.out / "weights.safetensors")
    assert info.recipe["name"] == recipe
    assert info.recipe["steps"] == 2
    assert info.data == "8 clips of 4 people, 4 s: drawn 4 s"
    assert 0 < info.metrics["held_ratio"] < 10
    if recipe == "guided":
        assert torch.isfinite(model.read(model.encode(pictures))).all()


def test_a_run_leaves_pictures_and_figures_of_how_it_went(make_plan: MakePlan) -> None:
    plan = make_plan(evaluate_minutes=0.0, steps=3)
    run(plan)
    history = json.loads((plan.out / "history.json").read_text())
    assert [row["step"] for row in history] == [2, 3, 3]
    assert read_picture(plan.out / "sheet-0000003.png").shape == (8 * 32, 7 * 32, 3)
    curve = read_picture(plan.out / "curve.png")
    assert ((curve == [200, 60, 40]).all(-1)).sum() > 100  # the held-out line


def test_a_finished_run_is_not_trained_again(make_plan: MakePlan) -> None:
    plan = make_plan()
    run(plan)
    before, _ = load_checkpoint(plan.out / "checkpoint.safetensors")
    state, messages = run(plan)
    after, _ = load_checkpoint(plan.out / "checkpoint.safetensors")
    assert (state.step, messages) == (2, ["going on at step 2, fp32, cpu"])
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_longer_run_goes_on_and_a_fresh_one_starts_over(make_plan: MakePlan) -> None:
    run(make_plan(steps=2))
    state, messages = run(make_plan(steps=3))
    assert (state.step, messages[0][:18]) == (3, "going on at step 2")
    state, messages = run(make_plan(steps=1, fresh=True))
    assert (state.step, messages[0][:20]) == (1, "starting with step 0")


def test_a_checkpoint_of_other_sizes_is_refused(make_plan: MakePlan) -> None:
    run(make_plan(steps=1))
    plan = make_plan(steps=2)
    with pytest.raises(WeightsError, match="differ in width.*--fresh"):
        run(replace(plan, dims=replace(plan.dims, width=8)))


def test_a_checkpoint_older_than_a_field_of_the_sizes_is_gone_on_with(make_plan: MakePlan) -> None:
    plan = make_plan(steps=1)
    run(plan)
    tensors, state = load_checkpoint(plan.out / "checkpoint.safetensors")
    del state.dims["order"]
    save_checkpoint(plan.out / "checkpoint.safetensors", tensors, state)
    assert run(make_plan(steps=2))[0].step == 2


def test_a_checkpoint_of_another_recipe_is_refused(make_plan: MakePlan) -> None:
    run(make_plan("photometric", steps=1))
    with pytest.raises(UsageError, match="by the recipe photometric, not paper.*--fresh"):
        run(make_plan("paper", steps=2))


def test_a_broken_checkpoint_is_refused(make_plan: MakePlan) -> None:
    plan = make_plan()
    plan.out.mkdir()
    (plan.out / "checkpoint.safetensors").write_text("no checkpoint")
    with pytest.raises(WeightsError, match="checkpoint.safetensors: broken.*--fresh starts over"):
        run(plan)


def test_a_folder_without_labels_trains_photometrically_and_not_guided(
    make_plan: MakePlan, face_folder: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(face_folder / "clips.csv", bare)
    (bare / "clips").symlink_to(face_folder / "clips")
    with pytest.raises(InputError, match="prepare --landmarks"):
        run(replace(make_plan("guided"), data=bare))
    assert not (tmp_path / "run").exists()
    assert run(replace(make_plan("photometric"), data=bare))[0].step == 2


def test_frames_too_few_for_the_papers_one_a_second_are_told(make_plan: MakePlan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two frames to pair"):
        run(make_plan("paper", every=25))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("device", ["tpu", "cuda"])
def test_a_device_that_is_not_there_is_refused(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match=f"--device {device}"):
        join(device)


def test_alone_a_process_is_the_first_of_one() -> None:
    alone = join("cpu")
    assert (alone.rank, alone.count, alone.first, alone.broadcast(2.5)) == (0, 1, True, 2.5)


class _Timed(torch.nn.Module):
    """Takes longer in one number format, as some machines do."""

    def __init__(self, slow: torch.dtype) -> None:
        super().__init__()
        self.slow = slow
        self.weight = torch.nn.Parameter(torch.ones(60, 60))

    def forward(self, batch: torch.Tensor, progress: float) -> dict[str, torch.Tensor]:
        out = batch @ self.weight
        for _ in range(400 if out.dtype == self.slow else 1):
            out = out @ self.weight
        return {"loss": out.float().mean()}


@pytest.mark.parametrize(("slow", "fast"), [(torch.float32, torch.bfloat16), (torch.bfloat16, torch.float32)])
def test_the_faster_number_format_is_found_by_trying(slow: torch.dtype, fast: torch.dtype) -> None:
    objective = _Timed(slow)
    assert fastest(objective, torch.zeros(4, 60), torch.device("cpu")) is fast
    assert objective.weight.grad is None


def test_precision_is_chosen_where_it_is_left_open(make_plan: MakePlan) -> None:
    state, messages = run(make_plan(dtype="auto"))
    assert messages[0] in ("starting with step 0, fp32, cpu", "starting with step 0, bf16, cpu")
    assert messages[0].split(", ")[1] == state.recipe["dtype"]


@pytest.mark.slow
def test_two_processes_train_as_one_that_takes_the_halves_in_turn(make_plan: MakePlan) -> None:
    """By plain gradient descent, whose steps are as exact as its gradients."""
    changed = {"batch": 8, "optimiser": "sgd", "lr": 0.01, "warmup": 0, "seed": 3}
    plan = make_plan("guided", steps=3, accumulate=2, **changed)
    run(plan)
    together = plan.out.with_name("together")
    settings = [f"--set={key}={value}" for key, value in (changed | {"every": 2, "dtype": "fp32"}).items()]
    settings += [f"--set={key}={str(value).lower()}" for key, value in plan.dims.to_dict().items()]
    train_by_two_processes(together, "--data", plan.data, "--steps", 3, "--device", "cpu", *settings)
    learned = assert_trained_alike(plan.out, together, steps=3, samples=24)
    fresh = make_plan("guided", steps=1, fresh=True, **(changed | {"lr": 1e-12}))
    run(fresh)
    start, _ = load_checkpoint(fresh.out / "checkpoint.safetensors")
    moved = max(
        float((value - start[name]).abs().max()) for name, value in learned.items() if value.is_floating_point()
    )
    assert moved > 1e-3
