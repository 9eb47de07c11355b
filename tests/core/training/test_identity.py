"""Training of identity networks on drawn faces, and the figures of verification worked out by hand."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.identity.encoding import IdentityEncoder
from x2face_core.identity.weights import load_identity
from x2face_core.networks.identity import IdentityDims, IdentityNetwork
from x2face_core.training.engine import Length
from x2face_core.training.identity_bank import IdentityBank, load_identity_bank
from x2face_core.training.identity_objective import IdentityBatches, IdentityObjective
from x2face_core.training.identity_recipe import IDENTITY
from x2face_core.training.identity_session import IdentityPlan, train_identity
from x2face_core.training.verification import Trials, accuracy, eer, trials_of

from ...tracks import SPLITS, Look, draw

DIMS = IdentityDims(side=32, crop=0.75, width=4, hidden=0, descriptor=16, norm=True)
RECIPE = replace(IDENTITY, batch=8, every=2, dtype="fp32", warmup=0, frames=6)


@pytest.fixture
def people(face_folder: Path, tmp_path: Path) -> Path:
    """The drawn tracks with two people to verify by, and one photograph of each of four more to learn from."""
    folder = tmp_path / "people"
    shutil.copytree(face_folder, folder)
    with_splits(folder, ("train", "train", "train", "val", "val", "test"))
    (folder / "pictures").mkdir()
    with (folder / "pictures.csv").open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("file", "source", "identity", "split", "over"))
        for number in range(4):
            Image.fromarray(draw(Look(mouth_open=0.1), 6 + number)).save(folder / "pictures" / f"{number}.png")
            rows.writerow((f"{number}.png", "stills", f"q{number}", "train", 0))
    return folder


def with_splits(folder: Path, splits: tuple[str, ...]) -> None:
    text = (folder / "clips.csv").read_text().splitlines()
    lines = [text[0]]
    for line in text[1:]:
        person = int(line.split(",")[1][1:])
        lines.append(line.removesuffix(SPLITS[person]) + splits[person])
    (folder / "clips.csv").write_text("\n".join(lines) + "\n")


def plan_of(people: Path, tmp_path: Path, steps: int = 2, **changed: object) -> IdentityPlan:
    recipe = replace(RECIPE, **changed)
    return IdentityPlan(tmp_path / "run", people, Length(steps=steps), recipe, DIMS, device="cpu")


def test_a_bank_holds_frames_of_all_clips_and_photographs_of_a_person(people: Path) -> None:
    bank = load_identity_bank(FaceFolder(people), "train", 40, frames=6, every=2)
    assert bank.people == 7
    assert bank.count.tolist() == [6, 6, 6, 1, 1, 1, 1]  # two clips of three frames each; photographs
    assert bank.first.tolist() == [0, 6, 12, 18, 19, 20, 21]
    assert bank.file.tolist()[:7] == [0, 0, 0, 1, 1, 1, 2]
    assert bank.source.unique(return_counts=True)[1].tolist() == [18, 4]
    assert bank.pictures.shape == (22, 40, 40, 3)
    walls = bank.pictures[:, 2, 2].float()
    assert (walls[0] - walls[5]).abs().max() < 12 < (walls[0] - walls[6]).abs().max()  # p0's wall is not p1's


def test_nobody_is_drawn_twice_and_pairs_are_of_one_person_and_of_two_files_where_possible(people: Path) -> None:
    bank = load_identity_bank(FaceFolder(people), "train", 40, frames=6, every=2)
    batches = IdentityBatches(bank, RECIPE, IdentityNetwork(DIMS))
    assert batches.classes == 3
    assert batches.label.tolist() == [0, 1, 2, -1, -1, -1, -1]
    drawn = torch.zeros(7)
    other_file = []
    for seed in range(60):
        rng = torch.Generator().manual_seed(seed)
        batch = batches.draw(rng, 8)
        assert batch.crops.shape == (8, 3, 32, 32)
        assert len(set(batch.person.tolist())) == 4
        drawn[batch.person] += 1
    from x2face_core.training.drawing import Sampler

    person = torch.tensor([0, 1, 2, 3])
    for seed in range(60):
        one, two = batches._pairs(person, Sampler(torch.Generator().manual_seed(seed))).chunk(2)
        assert torch.equal(bank.person[one], person)
        assert torch.equal(bank.person[two], person)
        other_file.append((bank.file[one] != bank.file[two])[:3].float().mean())
    assert 0.65 < float(torch.stack(other_file).mean()) < 0.85  # 3 of 4: the rival stands in for a same file
    assert drawn[:3].mean() > drawn[3:].mean()  # 0.6 of three people, 0.4 of four


def test_losses_are_least_where_descriptors_tell_people_apart(people: Path) -> None:
    bank = load_identity_bank(FaceFolder(people), "train", 40, frames=6, every=2)
    network = IdentityNetwork(replace(DIMS, descriptor=4))
    objective = IdentityObjective(network, RECIPE, 3)
    batch = IdentityBatches(bank, RECIPE, network).draw(torch.Generator().manual_seed(0), 8)
    network.describe = lambda crops: torch.eye(4).repeat(2, 1)
    loss = objective(batch, 0.0)["contrast"]
    network.describe = lambda crops: torch.ones(8, 4)
    blind = objective(batch, 0.0)["contrast"]
    assert float(loss) == pytest.approx(float(torch.log(1 + 3 * torch.exp(torch.tensor(-16.0)))), abs=1e-6)
    assert float(blind) == pytest.approx(float(torch.log(torch.tensor(4.0))), abs=1e-5)


def bank_of(person: list[int], file: list[int], sort: list[int]) -> IdentityBank:
    numbers = torch.tensor(person)
    count = torch.bincount(numbers)
    pictures = torch.zeros(len(person), 2, 2, 3, dtype=torch.uint8)
    return IdentityBank(pictures, numbers, torch.tensor(file), torch.tensor(sort), count.cumsum(0) - count, count)


def test_pairs_are_of_different_files_where_a_person_has_some_and_people_count_alike() -> None:
    bank = bank_of([0, 0, 0, 1, 1, 2], [0, 0, 1, 2, 2, 3], [0, 0, 0, 0, 0, 1])
    angles = torch.tensor([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    found = torch.stack([angles.cos(), angles.sin()], dim=1)
    trials = trials_of(found, bank)
    assert trials.own == pytest.approx(np.cos([0.2, 0.1, 0.1]))  # 0-2, 1-2 of two files; 3-4 of the only one
    assert trials.own_weight == pytest.approx([0.25, 0.25, 0.5])
    assert len(trials.others) == 6 + 3 + 2
    assert trials.others_weight == pytest.approx([1 / 18, 1 / 18, 1 / 9] * 3 + [1 / 6] * 2, rel=1e-6)
    near = trials_of(found, bank, same_source=True)
    assert len(near.others) == 6  # person 2 is of another source


def test_a_thinned_bank_keeps_every_nth_picture() -> None:
    bank = bank_of([0, 0, 0, 1, 2, 2], [0, 0, 1, 2, 3, 3], [0, 0, 0, 1, 1, 1])
    thin = bank.thinned(3)  # pictures 0, 2 and 4
    assert (thin.person.tolist(), thin.file.tolist(), thin.source.tolist()) == ([0, 0, 1], [0, 1, 3], [0, 0, 1])
    assert (thin.first.tolist(), thin.count.tolist(), thin.people) == ([0, 2], [2, 1], 2)
    assert torch.equal(bank.thinned(6).person, bank.person)


def test_the_equal_error_rate_is_where_both_errors_meet() -> None:
    even = np.full(4, 0.25)
    assert eer(np.array([0.6, 0.7, 0.8, 0.9]), even, np.array([0.1, 0.2, 0.3, 0.4]), even) == 0
    assert eer(np.array([0.3, 0.7, 0.8, 0.9]), even, np.array([0.1, 0.2, 0.35, 0.4]), even) == pytest.approx(0.25)
    assert eer(np.array([0.1, 0.2, 0.3, 0.4]), even, np.array([0.6, 0.7, 0.8, 0.9]), even) == 1
    weighed = np.array([0.7, 0.1, 0.1, 0.1])
    assert eer(np.array([0.3, 0.7, 0.8, 0.9]), weighed, np.array([0.1, 0.2, 0.35, 0.4]), even) > 0.25
    assert np.isnan(eer(np.zeros(0), np.zeros(0), np.zeros(1), np.ones(1)))


def test_accuracy_takes_its_threshold_from_other_people() -> None:
    fold = np.array([0, 0, 1, 1])
    even = np.full(4, 0.25)

    def of(own: list[float], others: list[float]) -> float:
        return accuracy(Trials(np.array(own), even, fold, np.array(others), even, fold))

    assert of([0.8, 0.9, 0.8, 0.9], [0.1, 0.2, 0.1, 0.2]) == 1
    # fold 1 is apart at 0.3; fold 0, whose strangers reach 0.5, then takes both of them for one person
    assert of([0.8, 0.9, 0.3, 0.4], [0.4, 0.5, 0.1, 0.2]) == pytest.approx((0.5 + 0.5) / 2)


def test_a_run_leaves_a_network_with_its_figures_and_goes_on(people: Path, tmp_path: Path) -> None:
    plan = plan_of(people, tmp_path, steps=4)
    messages: list[str] = []
    state = train_identity(plan, lambda report: None, say=messages.append)
    assert state.step == 4
    names = {path.name for path in plan.out.iterdir()}
    assert names == {"checkpoint.safetensors", "identity.safetensors", "curve.png", "history.json"}
    network, info = load_identity(plan.out / "identity.safetensors")
    assert network.dims == DIMS
    assert info.metrics.keys() == {"eer", "eer_same_source", "verified_people"}  # accuracy takes four people
    assert 0 <= info.metrics["eer"] <= 1
    assert info.recipe["steps"] == 4
    assert info.data == "6 clips of 3 people, 3 s: drawn 3 s; 4 photographs of 4 people: stills 4"
    train_identity(replace(plan, length=Length(steps=5)), lambda report: None, say=messages.append)
    assert messages == ["starting with step 0, fp32, cpu", "going on at step 4, fp32, cpu"]


def test_drawn_people_are_soon_told_apart(people: Path, tmp_path: Path) -> None:
    plan = plan_of(people, tmp_path, steps=60, gamma=0.05, gain=0.05, lr=4e-3, ema=0.9)
    train_identity(plan, lambda report: None)
    encoder = IdentityEncoder.load(plan.out / "identity.safetensors", device="cpu")
    looks = [Look(), Look(pose=(5, 5, 10), mouth_open=0.2), Look(pose=(-5, -5, -10))]
    pictures = [np.asarray(draw(look, person)) for person in (0, 1, 2) for look in looks]
    found = encoder.embed(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255)
    cosines = (found @ found.T).reshape(3, 3, 3, 3)
    own = torch.stack([cosines[k, :, k] for k in range(3)]).min()
    others = torch.stack([cosines[k, :, j] for k in range(3) for j in range(3) if j != k]).max()
    assert own > others


def test_one_person_is_refused(people: Path, tmp_path: Path) -> None:
    with_splits_to_test(people)
    (people / "pictures.csv").unlink()
    with pytest.raises(InputError, match="its split 'train' shows one person only, 'p0'"):
        train_identity(plan_of(people, tmp_path), lambda report: None)
    assert not (tmp_path / "run").exists()


def with_splits_to_test(folder: Path) -> None:
    """All people but p0 to another split."""
    lines = (folder / "clips.csv").read_text().splitlines()
    kept = [line if ",p0," in line else line.replace(",train", ",val") for line in lines]
    (folder / "clips.csv").write_text("\n".join(kept) + "\n")


def test_a_run_of_other_sizes_is_not_gone_on_with(people: Path, tmp_path: Path) -> None:
    plan = plan_of(people, tmp_path)
    train_identity(plan, lambda report: None)
    with pytest.raises(WeightsError, match="differ in width; --fresh starts over"):
        train_identity(replace(plan, dims=replace(DIMS, width=2)), lambda report: None)
    with pytest.raises(UsageError, match="differs from the network to train in descriptor"):
        other = replace(plan, out=tmp_path / "other", start=plan.out / "identity.safetensors")
        train_identity(replace(other, dims=replace(DIMS, descriptor=8)), lambda report: None)
    assert not (tmp_path / "other").exists()
