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
from x2face_core.training.completing import CompletionObjective
from x2face_core.training.completion_batches import CompletionBatch, CompletionBatches
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


def batches(networks: X2FaceNetworks, bank: Bank, layout: torch.Tensor, **changed: float) -> CompletionBatches:
    return CompletionBatches(bank, layout, replace(RECIPE, **changed), networks)


def test_only_the_completion_network_and_its_critic_learn(
    networks: X2FaceNetworks, bank: Bank, layout: torch.Tensor
) -> None:
    objective = CompletionObjective(networks, layout, RECIPE).train()
    assert not networks.embedding.training and not networks.driving.training
    objective(batches(networks, bank, layout).draw(generator(0, 0, 0, CPU), 8), 0.0)["loss"].backward()
    taught = {name for name, parameter in objective.named_parameters() if parameter.grad is not None}
    expected = {f"networks.completion.{name}" for name, _ in networks.completion.named_parameters()}
    assert taught == expected | {f"critic.{name}" for name, _ in objective.critic.named_parameters()}


def hidden(source: float, target: float, area: float) -> CompletionBatch:
    """Four faces of one grey beside others of another; the sources of that log area, the targets seen."""
    grey = torch.ones(4, 3, 32, 32)
    areas = torch.full((4, 1, 32, 32), area)
    return CompletionBatch(grey * source, areas, grey * target, torch.zeros(4, 1, 32, 32))


def test_a_hundred_steps_learn_to_paint_what_the_target_shows(networks: X2FaceNetworks, layout: torch.Tensor) -> None:
    objective = CompletionObjective(networks, layout, RECIPE)
    batch = hidden(0.1, 0.5, area=-3.0)
    optimiser = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], lr=5e-3)
    losses = []
    for _ in range(100):
        optimiser.zero_grad()
        found = objective(batch, 0.0)
        found["loss"].backward()
        optimiser.step()
        losses.append(float(found["texture"].detach()))
    assert losses[0] == pytest.approx(0.4, abs=0.02)
    assert losses[-1] < 0.3 * losses[0]


def test_what_is_seen_is_not_painted_and_teaches_nothing(networks: X2FaceNetworks, layout: torch.Tensor) -> None:
    losses = CompletionObjective(networks, layout, RECIPE)(hidden(0.1, 0.5, area=0.0), 0.0)
    assert float(losses["copied"]) == pytest.approx(0.4, abs=0.01)  # hardly any weight, all of it on the same greys
    assert networks.completion is not None
    grey = torch.full((1, 3, 32, 32), 0.1)
    completed = networks.completion.complete(grey, torch.zeros(1, 1, 16, 16), 32)
    torch.testing.assert_close(completed, grey, atol=2e-3, rtol=0)


def test_the_critic_learns_from_both_and_is_not_moved_by_being_fooled(
    networks: X2FaceNetworks, layout: torch.Tensor
) -> None:
    objective = CompletionObjective(networks, layout, RECIPE)
    losses = objective(hidden(0.1, 0.5, area=-3.0), 0.0)
    gradients = torch.autograd.grad(
        losses["adversarial"], list(objective.critic.parameters()), allow_unused=True, retain_graph=True
    )
    assert all(gradient is None for gradient in gradients)
    assert networks.completion is not None
    parameters = list(networks.completion.parameters())
    assert all(g is None for g in torch.autograd.grad(losses["critic"], parameters, allow_unused=True))


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


def test_the_critic_sees_the_target_with_the_colours_where_they_are_painted(
    networks: X2FaceNetworks, layout: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colours that are the target's make both pictures the same."""
    objective = CompletionObjective(networks, layout, RECIPE)
    seen: list[torch.Tensor] = []
    forward = objective.critic.forward
    monkeypatch.setattr(
        objective.critic, "forward", lambda faces, where: (seen.append(faces), forward(faces, where))[1]
    )
    batch = hidden(0.1, 0.5, area=-3.0)
    objective._criticised(torch.full((4, 3, 32, 32), 0.5), batch.target, torch.ones(4, 1, 32, 32))
    assert len(seen) == 3 and all(torch.equal(faces, seen[0]) for faces in seen)
    objective._criticised(torch.full((4, 3, 32, 32), 0.9), batch.target, torch.ones(4, 1, 32, 32) * 0.5)
    torch.testing.assert_close(seen[3], torch.full_like(seen[3], 0.7))
