"""The recipe identity (stage II): whole runs, on folders and on shards, and what stops them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from x2face_core.data.folder import FaceFolder
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.writing import write_shards
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.identity.weights import save_identity
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.identity import IdentityDims, IdentityNetwork
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState, load_checkpoint
from x2face_core.training.engine import Length
from x2face_core.training.recipes import RECIPES, STAGE_TWO, StageTwoRecipe
from x2face_core.training.session import Plan, train
from x2face_core.weights import read_info, save_weights

from .loops import assert_trained_alike, train_by_two_processes

WHO = IdentityDims(side=32, crop=1.0, width=2, hidden=0, descriptor=4, norm=True)
RECIPE = RECIPES["identity"]
assert isinstance(RECIPE, StageTwoRecipe)
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


@pytest.mark.slow
def test_two_processes_train_as_one_that_takes_the_halves_in_turn(
    make_plan: MakePlan, started: Path, who: Path
) -> None:
    changed = {"batch": 8, "optimiser": "sgd", "lr": 0.01, "warmup": 0, "seed": 3}
    plan = make_plan(steps=2, accumulate=2, **changed)
    run(plan)
    together = plan.out.with_name("together")
    settings = [f"--set={key}={value}" for key, value in (changed | {"every": 2, "dtype": "fp32"}).items()]
    stage = ["--recipe", "identity", "--from", started, "--identity", who]
    train_by_two_processes(together, "--data", plan.data, "--steps", 2, "--device", "cpu", *stage, *settings)
    assert_trained_alike(plan.out, together, steps=2, samples=16)
