"""The recipe identity (stage II): what it draws, and what its losses weigh."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from x2face_core.data.bank import Bank
from x2face_core.networks.dims import Dims
from x2face_core.networks.identity import OTHER_LAYERS, SAME_LAYERS, IdentityDims, IdentityNetwork
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Pairs, Sampler, generator
from x2face_core.training.recipes import RECIPES, StageTwoRecipe
from x2face_core.training.stage_two import StageTwoBatch, StageTwoBatches, StageTwoObjective
from x2face_core.warping import warp

CPU = torch.device("cpu")
WHO = IdentityDims(side=32, crop=1.0, width=2, hidden=0, descriptor=4, norm=True)
RECIPE = RECIPES["identity"]
assert isinstance(RECIPE, StageTwoRecipe)


@pytest.fixture
def people(bank: Bank) -> torch.Tensor:
    assert bank.person is not None
    return bank.person


@pytest.fixture
def objective(dims: Dims) -> StageTwoObjective:
    torch.manual_seed(0)
    return StageTwoObjective(X2FaceNetworks(replace(dims, completion=4)), RECIPE, IdentityNetwork(WHO))


@pytest.fixture
def batch(bank: Bank) -> StageTwoBatch:
    return StageTwoBatches(bank, RECIPE).draw(generator(0, 0, 0, CPU), 4)


def test_strangers_are_other_people_drawn_by_the_weights_of_their_frames(bank: Bank, people: torch.Tensor) -> None:
    batches = StageTwoBatches(bank, RECIPE)
    rows = torch.arange(len(bank)).repeat(200)
    found = batches.strangers(rows, Sampler(torch.Generator().manual_seed(1)))
    assert bool((people[found] != people[rows]).all())
    others = bank.weight[people != 2]
    expected = others / others.sum()
    drawn = torch.bincount(found[people[rows] == 2], minlength=len(bank))[people != 2].double()
    assert (drawn / drawn.sum() - expected).abs().max() < 0.02
    assert float(torch.corrcoef(torch.stack([drawn, expected]))[0, 1]) > 0.9


def test_content_losses_weigh_as_much_as_the_photometric_one_and_a_tenth_layer_by_layer(
    objective: StageTwoObjective, batch: StageTwoBatch
) -> None:
    """Five layers of one identity, two across identities: the sum is L1 × (1 + 5 × 1 + 2 × 0.1)."""
    found = objective(batch, 0.0)
    torch.testing.assert_close(found["loss"], found["l1"] * (1 + 5 + 0.2))
    objective.recipe = replace(RECIPE, same=0.0, other=0.0)
    found = objective(batch, 0.0)
    torch.testing.assert_close(found["loss"], found["l1"])


def test_losses_are_those_of_the_frames_that_the_paper_compares(
    objective: StageTwoObjective, batch: StageTwoBatch
) -> None:
    """g_dA with d_A on Conv2-5 and 7; g_dR with s_A on Conv6-7."""
    objective.eval()
    networks, (identity,) = objective.networks, objective._identity
    texture, _ = networks.embed(batch.source, complete=False)
    same, other = (warp(texture, networks.driving(by)) for by in (batch.target, batch.stranger))

    def content(made: torch.Tensor, true: torch.Tensor, names: tuple[str, ...]) -> torch.Tensor:
        a, b = identity.layers(made, names), identity.layers(true, names)
        return torch.stack([(a[name] - b[name]).abs().mean() for name in names]).mean()

    found = objective(batch, 0.0)
    torch.testing.assert_close(found["l1"], (same - batch.target).abs().mean())
    torch.testing.assert_close(found["content_same"], content(same, batch.target, SAME_LAYERS))
    torch.testing.assert_close(found["content_other"], content(other, batch.source, OTHER_LAYERS))


def test_gradients_are_sums_of_scaled_losses(objective: StageTwoObjective, batch: StageTwoBatch) -> None:
    """Twice the strength adds the same gradient again: nothing flows through the scales."""
    objective.eval()
    weight = objective.networks.driving.decoder.last.conv.weight
    gradients = []
    for strength in (0.0, 1.0, 2.0):
        objective.recipe = replace(RECIPE, same=strength, other=0.0)
        (gradient,) = torch.autograd.grad(objective(batch, 0.0)["loss"], weight)
        gradients.append(gradient)
    torch.testing.assert_close(gradients[2] - gradients[1], gradients[1] - gradients[0], atol=1e-6, rtol=1e-3)
    assert (gradients[1] - gradients[0]).abs().max() > 1e-6


def test_only_embedding_and_driving_network_learn_and_are_saved(
    objective: StageTwoObjective, batch: StageTwoBatch
) -> None:
    objective.train()
    (identity,) = objective._identity
    before = {name: value.clone() for name, value in identity.state_dict().items()}
    objective(batch, 0.0)["loss"].backward()
    taught = {name.split(".")[1] for name, one in objective.named_parameters() if one.grad is not None}
    assert taught == {"embedding", "driving"}
    assert {name.split(".")[0] for name in objective.state_dict()} == {"networks"}
    assert all(torch.equal(value, before[name]) for name, value in identity.state_dict().items())


def test_strangers_of_a_batch_from_shards_are_others_of_that_batch(bank: Bank) -> None:
    """Four frames of person 0, then two of person 1, each in a grey of its own."""
    greys = torch.tensor([10, 20, 30, 40, 150, 160])
    batch = Bank(
        pictures=greys.byte()[:, None, None, None].expand(-1, 4, 4, 3).contiguous(),
        clip=torch.zeros(6, dtype=torch.int64),
        frame=torch.arange(6),
        first=torch.arange(6),
        count=torch.ones(6, dtype=torch.int64),
        weight=torch.full((6,), 1 / 6, dtype=torch.float64),
        person=torch.tensor([0, 0, 0, 0, 1, 1]),
    )
    pairs = Pairs(torch.tensor([0, 1, 4] * 50), torch.tensor([2, 3, 5] * 50), torch.zeros(150, dtype=torch.bool))

    def strangers(of: Bank) -> torch.Tensor:
        drawn = StageTwoBatches(bank, RECIPE).on(of).of_pairs(pairs, Sampler(generator(0, 0, 0, CPU)))
        assert torch.equal((drawn.target[:3, 0, 0, 0] * 255).round().long(), torch.tensor([30, 40, 160]))
        return (drawn.stranger[:, 0, 0, 0] * 255).round().long()

    found = strangers(batch).view(50, 3)
    assert set(found[:, :2].flatten().tolist()) == {150, 160}
    assert set(found[:, 2].tolist()) == {10, 20, 30, 40}
    alone = strangers(replace(batch, person=torch.zeros(6, dtype=torch.int64)))
    assert set(alone.tolist()) <= set(greys.tolist())  # nobody else is there
