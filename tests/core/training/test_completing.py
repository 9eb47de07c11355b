"""The recipe completion: what it draws, and that it teaches the completion network alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from x2face_core.data.bank import Bank
from x2face_core.errors import UsageError
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.completing import CompletionBatch, CompletionBatches, CompletionObjective
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Length
from x2face_core.training.recipes import RECIPES, CompletionRecipe
from x2face_core.training.session import Plan, train

CPU = torch.device("cpu")
RECIPE = RECIPES["completion"]
assert isinstance(RECIPE, CompletionRecipe)


@pytest.fixture
def networks(dims: Dims) -> X2FaceNetworks:
    torch.manual_seed(0)
    return X2FaceNetworks(replace(dims, completion=4))


def test_the_mouth_counts_more_and_pictures_are_whole(bank: Bank, layout: torch.Tensor) -> None:
    batch = CompletionBatches(bank, layout, replace(RECIPE, turned=0.0)).draw(generator(0, 0, 0, CPU), 8)
    assert batch.source.shape == batch.target.shape == (8, 3, 32, 32) and batch.weight.shape == (8, 1, 32, 32)
    assert (batch.source - batch.target).abs().amax((1, 2, 3)).max() > 0.1
    assert float(batch.weight.max()) > 10 and float(batch.weight.min()) == pytest.approx(1, abs=0.01)


def test_only_the_completion_network_learns(networks: X2FaceNetworks, bank: Bank, layout: torch.Tensor) -> None:
    objective = CompletionObjective(networks, layout, RECIPE).train()
    assert not networks.embedding.training and not networks.driving.training
    batch = CompletionBatches(bank, layout, RECIPE).draw(generator(0, 0, 0, CPU), 8)
    objective(batch, 0.0)["loss"].backward()
    taught = {name for name, parameter in objective.named_parameters() if parameter.grad is not None}
    assert taught == {f"networks.completion.{name}" for name, _ in networks.completion.named_parameters()}  # type: ignore[union-attr]


def test_a_hundred_steps_learn_to_paint_what_the_target_shows(networks: X2FaceNetworks, layout: torch.Tensor) -> None:
    """Black sources, grey targets: nothing of the source can be warped into them, so they must be painted."""
    objective = CompletionObjective(networks, layout, replace(RECIPE, opacity=0.0))
    batch = CompletionBatch(torch.zeros(4, 3, 32, 32), torch.full((4, 3, 32, 32), 0.5), torch.ones(4, 1, 32, 32))
    optimiser = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], lr=5e-3)
    losses = []
    for _ in range(100):
        optimiser.zero_grad()
        loss = objective(batch, 0.0)["loss"]
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_a_run_keeps_the_other_networks_as_they_are(face_folder: Path, tmp_path: Path, dims: Dims) -> None:
    guided = replace(RECIPES["guided"], batch=4, dtype="fp32", optical=0.0)
    first = Plan(tmp_path / "first", face_folder, guided, dims, Length(steps=1), device="cpu")
    train(first, lambda report: None)
    weights = first.out / "weights.safetensors"
    whole = replace(dims, completion=4)
    recipe = replace(RECIPE, batch=4, ema=0.0)
    plan = Plan(tmp_path / "whole", face_folder, recipe, whole, Length(steps=2), start=weights, device="cpu")
    train(plan, lambda report: None)
    before, after = load_file(weights), load_file(plan.out / "weights.safetensors")
    kept = [name for name in before if not name.startswith("reading")]
    assert kept and all(torch.equal(before[name], after[name]) for name in kept)
    assert any(name.startswith("completion.") for name in after)


def test_without_networks_to_complete_it_is_refused(face_folder: Path, tmp_path: Path, dims: Dims) -> None:
    plan = Plan(tmp_path / "run", face_folder, RECIPE, dims, Length(steps=1), device="cpu")
    with pytest.raises(UsageError, match="--from WEIGHTS"):
        train(plan, lambda report: None)
    assert not (tmp_path / "run").exists()
