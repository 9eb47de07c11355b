"""The recipe identity (stage II): what it draws, what its losses weigh, whole runs and what stops them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.writing import write_shards
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.identity.weights import save_identity
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.identity import OTHER_LAYERS, SAME_LAYERS, IdentityDims, IdentityNetwork
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState, load_checkpoint
from x2face_core.training.drawing import Pairs, Sampler, generator
from x2face_core.training.engine import Length
from x2face_core.training.recipes import RECIPES, STAGE_TWO, StageTwoRecipe
from x2face_core.training.session import Plan, train
from x2face_core.training.stage_two import StageTwoBatch, StageTwoBatches, StageTwoObjective
from x2face_core.warping import warp
from x2face_core.weights import read_info, save_weights

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


MakePlan = Callable[..., Plan]


@pytest.fixture
def started(tmp_path: Path, dims: Dims) -> Path:
    """Weights of a first stage, with a layout."""
    torch.manual_seed(1)
    networks = X2FaceNetworks(dims)
    tensors = networks.state_dict() | {"layout": torch.rand(71, 3)}
    info = {"name": "first", "preset": "light", "dims": dims.to_dict(), "parameters": {}, "data": "nobody"}
    save_weights(tmp_path / "first.safetensors", tensors, info)
    return tmp_path / "first.safetensors"


@pytest.fixture
def who(tmp_path: Path) -> Path:
    torch.manual_seed(2)
    save_identity(tmp_path / "who.safetensors", IdentityNetwork(WHO), {"name": "who"})
    return tmp_path / "who.safetensors"


@pytest.fixture
def make_plan(face_folder: Path, tmp_path: Path, dims: Dims, started: Path, who: Path) -> MakePlan:
    def make(steps: int = 2, **changed: Any) -> Plan:
        recipe = replace(RECIPE, **{"batch": 4, "every": 2, "dtype": "fp32", "warmup": 0} | changed)
        length = Length(steps=steps)
        return Plan(tmp_path / "run", face_folder, recipe, dims, length, start=started, device="cpu", identity=who)

    return make


def run(plan: Plan) -> tuple[RunState, list[str]]:
    messages: list[str] = []
    return train(plan, lambda report: None, say=messages.append), messages


def test_a_run_keeps_the_layout_reads_the_labels_and_names_its_teacher(make_plan: MakePlan, started: Path) -> None:
    plan = make_plan()
    state, _ = run(plan)
    assert {"loss", "l1", "content_same", "content_other", "held_ratio"} <= state.history[-1].keys()
    model = X2Face.load(plan.out / "weights.safetensors")
    assert (model.info.recipe["name"], model.info.recipe["identity"]) == ("identity", "who")
    assert model.info.data == "8 clips of 4 people, 4 s: drawn 4 s; begun with first, which saw nobody"
    assert model.anchors == X2Face.load(started).anchors
    assert torch.isfinite(model.read(torch.zeros(1, 16))).all()
    assert read_info(started).fingerprint != model.fingerprint


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(make_plan: MakePlan) -> None:
    whole = replace(make_plan(steps=4), out=make_plan().out.with_name("whole"))
    run(whole)
    run(make_plan(steps=2))
    _, messages = run(make_plan(steps=4))
    assert messages == ["going on at step 2, fp32, cpu"]
    one, two = (load_checkpoint(out / "checkpoint.safetensors")[0] for out in (whole.out, make_plan().out))
    rate = [name for name in one if name.startswith("objective.") and one[name].is_floating_point()]
    for name in rate:  # the cosine of the first half fell faster
        torch.testing.assert_close(one[name], two[name], atol=2e-3, rtol=0)


def test_the_preset_of_the_weights_chooses_the_hyperparameters() -> None:
    light, paper = STAGE_TWO["light"], STAGE_TWO["paper"]
    assert light.lr == paper.lr == 1e-4  # paper section 5
    assert (paper.optimiser, paper.momentum, paper.batch, paper.schedule) == ("sgd", 0.9, 16, "plateau")
    assert light.name == paper.name == "identity"


def test_without_weights_or_with_another_teacher_it_is_refused(make_plan: MakePlan, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="goes on from a first one: say whose, --from WEIGHTS"):
        run(replace(make_plan(), start=None))
    assert not make_plan().out.exists()
    run(make_plan())
    save_identity(tmp_path / "other.safetensors", IdentityNetwork(WHO), {"name": "other"})
    with pytest.raises(UsageError, match="taught by another identity network, who; give the same --identity"):
        run(replace(make_plan(steps=3), identity=tmp_path / "other.safetensors"))


def test_identity_weights_of_the_wrong_shape_and_one_person_are_refused(
    make_plan: MakePlan, face_folder: Path, tmp_path: Path
) -> None:
    network = IdentityNetwork(WHO)
    network.dims = replace(WHO, width=3)
    save_identity(tmp_path / "odd.safetensors", network, {"name": "odd"})
    with pytest.raises(WeightsError, match="odd.safetensors: convolutions.0.weight is of shape"):
        run(replace(make_plan(), identity=tmp_path / "odd.safetensors"))
    alone = tmp_path / "alone"
    shutil.copytree(face_folder, alone)
    table = (alone / "clips.csv").read_text()
    for person in ("p1", "p2", "p3"):
        table = table.replace(f",{person},", ",p0,")
    (alone / "clips.csv").write_text(table)
    with pytest.raises(InputError, match="its split 'train' shows one person only; stage II needs others"):
        run(replace(make_plan(), data=alone))
    assert not make_plan().out.exists()
    with pytest.raises(InputError, match="alone-shards: its split 'train' shows one person only"):
        run(replace(make_plan(), data=sharded(alone)))


def sharded(folder: Path) -> Path:
    """Shards of a folder, two clips each."""
    place = folder.with_name(f"{folder.name}-shards")
    write_shards(FaceFolder(folder), Place.of(str(place)), folder.with_name("scratch"), size=30_000)
    return place


def test_it_trains_on_shards_reads_their_labels_and_goes_on(
    make_plan: MakePlan, face_folder: Path, started: Path, tmp_path: Path
) -> None:
    shutil.copytree(face_folder, tmp_path / "tracks")
    shards = sharded(tmp_path / "tracks")
    changed = {"batch": 8, "lr": 1e-3, "schedule": "constant", "buffer": 3}
    plans = [
        replace(make_plan(steps=steps, **changed), data=shards, out=tmp_path / out)
        for out, steps in (("whole", 7), ("halves", 3), ("halves", 7))  # an epoch is six steps
    ]
    states = [run(plan)[0] for plan in plans]
    assert [(state.step, state.data["frames"]) for state in states] == [(7, 48), (3, 48), (7, 48)]
    assert {"l1", "content_same", "content_other", "held_ratio"} <= states[0].history[-1].keys()
    whole, halves = (load_checkpoint(plan.out / "checkpoint.safetensors")[0] for plan in plans[:2])
    for name, value in whole.items():
        torch.testing.assert_close(halves[name], value, atol=1e-6, rtol=0)
    model = X2Face.load(plans[0].out / "weights.safetensors")
    assert (model.info.recipe["name"], model.info.recipe["identity"]) == ("identity", "who")
    assert model.anchors == X2Face.load(started).anchors
    assert model.read(torch.zeros(1, 16)).abs().max() > 0


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


@pytest.mark.slow
def test_two_processes_train_as_one_that_takes_the_halves_in_turn(
    make_plan: MakePlan, started: Path, who: Path
) -> None:
    changed = {"batch": 8, "optimiser": "sgd", "lr": 0.01, "warmup": 0, "seed": 3}
    plan = make_plan(steps=2, accumulate=2, **changed)
    run(plan)
    together = plan.out.with_name("together")
    settings = [f"--set={key}={value}" for key, value in (changed | {"every": 2, "dtype": "fp32"}).items()]
    command = ["train", together, "--data", plan.data, "--steps", "2", "--recipe", "identity", "--device", "cpu"]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "x2face_cli", *command]
    done = subprocess.run(
        [sys.executable, *launch, "--from", started, "--identity", who, *settings],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    alone, state = load_checkpoint(plan.out / "checkpoint.safetensors")
    two, both = load_checkpoint(together / "checkpoint.safetensors")
    assert (state.step, state.samples) == (both.step, both.samples) == (2, 16)
    counted = ("running_mean", "running_var", "num_batches_tracked")  # batch norm's statistics are each process's own
    for name in (name for name in alone if name.startswith("objective.") and not name.endswith(counted)):
        torch.testing.assert_close(two[name].float(), alone[name].float(), atol=1e-5, rtol=0)
