"""The sync encoder learns which hum belongs to which mouth, and its files hold what was learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from x2face_audio.sync.bank import load_sync_bank
from x2face_audio.sync.heldout import held_out
from x2face_audio.sync.measures import measures_of, mouth_measures
from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_audio.sync.objective import SyncBatches, SyncObjective
from x2face_audio.sync.recipe import SYNC
from x2face_audio.sync.session import SyncPlan, train_sync
from x2face_audio.sync.weights import KIND, load_sync, save_sync
from x2face_core.data.folder import FaceFolder, Labels
from x2face_core.data.loading import decode
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.training.engine import Length

from ...speaking import write_speakers

DIMS = SyncDims(feature=32, shared=16, context=16, width=16, side=32)
RECIPE = replace(SYNC, batch=48, moments=12, versions=2, warmup=5, dtype="fp32")


@pytest.fixture(scope="module")
def speakers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_speakers(tmp_path_factory.mktemp("speakers"))


def test_the_bank_pairs_sound_and_lips(speakers: Path) -> None:
    bank = load_sync_bank(FaceFolder(speakers), "val", DIMS, versions=2)
    frames = torch.arange(24)
    loud = bank.sound(torch.zeros_like(frames), frames, 0)[:, :, 0].mean(1)  # log energy
    wide = bank.measures[:24, 0]
    assert float(torch.corrcoef(torch.stack([loud, wide]))[0, 1]) > 0.6
    assert bank.lip_windows(torch.zeros(3).long(), torch.tensor([0, 1, 23])).shape == (3, 5, 32, 32)


def test_the_same_step_draws_the_same_batch(speakers: Path) -> None:
    batches = SyncBatches(load_sync_bank(FaceFolder(speakers), "train", DIMS, versions=2), RECIPE)
    a, b = (batches.draw(torch.Generator().manual_seed(3), 48) for _ in range(2))
    assert torch.equal(a.sound, b.sound) and torch.equal(a.lips, b.lips)
    assert a.sound.shape == (4, 24, 20, 13) and a.lips.shape == (4, 12, 5, 32, 32)


def test_training_tells_sound_in_sync_from_sound_out_of_sync(speakers: Path) -> None:
    torch.manual_seed(0)
    batches = SyncBatches(load_sync_bank(FaceFolder(speakers), "train", DIMS, versions=2), RECIPE)
    objective = SyncObjective(SyncNetworks(DIMS), RECIPE)
    optimiser = torch.optim.AdamW(objective.parameters(), 3e-3)
    losses = []
    for step in range(60):
        found = objective(batches.draw(torch.Generator().manual_seed(step), 48), 0.0)
        optimiser.zero_grad()
        found["loss"].backward()
        optimiser.step()
        losses.append(float(found["contrast"].detach()))
    assert sum(losses[-5:]) < 0.85 * sum(losses[:5])


def labels(blend: bool = True) -> Labels:
    expression = np.tile(np.arange(6, dtype=np.float32)[:, None], (1, 4)) * [0.1, 1, 0, 0]
    scores = np.tile(np.array([0, 0, 0, 1, 1, 4], np.float32)[:, None], (1, 3)) * [9, 0.1, 0.2]
    return Labels(
        clip=np.repeat([0, 2], 3),
        frame=np.tile(np.arange(3), 2),
        pose=np.zeros((6, 3), np.float32),
        expression=expression.astype(np.float32),
        landmark_ref=np.zeros((0, 2), np.int64),
        landmarks=np.zeros((0, 68, 3), np.float32),
        blend=scores.astype(np.float32) if blend else None,
        blend_names=("eyeBlinkLeft", "mouthPucker", "jawOpen") if blend else (),
    )


def test_a_mouth_s_blendshapes_are_measured_where_they_are_labelled() -> None:
    assert np.allclose(mouth_measures(labels())[5], [0.5, 5, 0.8, 0.4])
    assert np.allclose(mouth_measures(labels(blend=False))[5], [0.5, 5])


def test_measures_are_about_each_clip_s_mean_and_unknown_without_labels(speakers: Path) -> None:
    folder = FaceFolder(speakers)
    folder.labels = labels()
    clips = [replace(folder.clips[0], row=row) for row in (0, 1, 2)]
    found = measures_of(folder, clips, torch.tensor([3, 2, 3]))
    assert found[3:5].isnan().all() and not found[[0, 1, 2, 5, 6, 7]].isnan().any()
    assert torch.allclose(found[:3].mean(0), torch.zeros(4), atol=1e-6)
    assert torch.allclose(found[[0, 1, 2, 5, 6, 7]].std(0), torch.ones(4))
    assert torch.allclose(found[5:, 2], found[5:, 3])


def test_blendshapes_weigh_as_the_recipe_says(speakers: Path) -> None:
    batch = SyncBatches(load_sync_bank(FaceFolder(speakers), "train", DIMS, versions=1), RECIPE).draw(
        torch.Generator().manual_seed(0), 48
    )
    more = replace(batch, measures=torch.cat([batch.measures, 5 * torch.randn(*batch.measures.shape[:2], 3)], 2))
    objective = SyncObjective(SyncNetworks(DIMS), replace(RECIPE, blend=0.0), 5).eval()
    with torch.no_grad():
        without, beside = objective(batch, 0.0), objective(more, 0.0)
        objective.recipe = replace(RECIPE, blend=1.0)
        weighed = objective(more, 0.0)
    assert float(without["context"]) == pytest.approx(float(beside["context"]), rel=1e-4)
    assert float(weighed["context"]) > float(beside["context"]) + 1


def test_labels_are_not_needed(speakers: Path) -> None:
    bank = load_sync_bank(FaceFolder(speakers), "train", DIMS, versions=1)
    bank = replace(bank, measures=torch.full_like(bank.measures, torch.nan))
    batch = SyncBatches(bank, RECIPE).draw(torch.Generator().manual_seed(0), 48)
    with torch.no_grad():
        losses = SyncObjective(SyncNetworks(DIMS), RECIPE)(batch, 0.0)
    assert float(losses["context"]) == 0 and float(losses["contrast"]) > 0


def test_a_run_leaves_an_encoder_and_goes_on_where_it_stopped(speakers: Path, tmp_path: Path) -> None:
    plan = SyncPlan(tmp_path / "run", speakers, Length(steps=3), RECIPE, DIMS, device="cpu")
    state = train_sync(plan, lambda report: None)
    assert state.step == 3 and {"exact", "within_1", "mouth"} <= state.history[-1].keys()
    _, info = load_sync(tmp_path / "run" / "sync.safetensors")
    assert info.dims == DIMS.to_dict() and "drawn" in info.data
    messages: list[str] = []
    longer = replace(plan, length=Length(steps=5))
    assert train_sync(longer, lambda report: None, say=messages.append).step == 5
    assert "going on at step 3" in messages[0]
    with pytest.raises(WeightsError, match="differ in width; --fresh"):
        train_sync(replace(longer, dims=replace(DIMS, width=8)), lambda report: None)


def test_a_run_begins_with_an_encoder_and_says_so(speakers: Path, tmp_path: Path) -> None:
    torch.manual_seed(5)
    networks = SyncNetworks(DIMS)
    networks.audio.mean += 3
    save_sync(tmp_path / "first.safetensors", networks, {"name": "first"})
    plan = SyncPlan(tmp_path / "run", speakers, Length(steps=1), replace(RECIPE, lr=1e-9), DIMS, device="cpu")
    train_sync(replace(plan, start=tmp_path / "first.safetensors"), lambda report: None)
    found, info = load_sync(tmp_path / "run" / "sync.safetensors")
    assert info.recipe["from"] == "first.safetensors"
    for name, value in networks.named_parameters():
        assert torch.allclose(found.get_parameter(name), value, atol=2e-3), name
    assert torch.equal(found.audio.mean, networks.audio.mean)
    other = replace(plan, start=tmp_path / "first.safetensors", dims=replace(DIMS, width=8), fresh=True)
    with pytest.raises(UsageError, match="sizes"):
        train_sync(other, lambda report: None)


def test_an_encoder_on_disk_answers_as_it_did(tmp_path: Path) -> None:
    torch.manual_seed(0)
    networks = SyncNetworks(DIMS).eval()
    save_sync(tmp_path / "a.safetensors", networks, {"name": "a"})
    loaded, _ = load_sync(tmp_path / "a.safetensors")
    sound = torch.randn(4, 20, 13)
    assert torch.allclose(loaded.audio(sound), networks.audio(sound), atol=1e-2)


def test_what_is_missing_or_broken_is_said(tmp_path: Path, face_folder: Path) -> None:
    with pytest.raises(WeightsError, match="train sync"):
        KIND.find("none-such")
    (tmp_path / "b.safetensors").write_bytes(b"no header")
    with pytest.raises(WeightsError, match=r"b\.safetensors"):
        load_sync(tmp_path / "b.safetensors")
    with pytest.raises(InputError, match="sound in sync"):
        load_sync_bank(FaceFolder(face_folder), "train", DIMS)


def test_clips_that_are_shorter_than_their_table_says_are_told(speakers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("x2face_audio.sync.bank.decode", lambda *given: decode(*given)[:10])
    with pytest.raises(InputError, match="none of the clips with sound of the split 'val' has the 18 frames"):
        load_sync_bank(FaceFolder(speakers), "val", DIMS, versions=1)


def test_clips_are_as_long_as_the_moments_that_are_drawn_from_them(speakers: Path, tmp_path: Path) -> None:
    plan = SyncPlan(tmp_path / "run", speakers, Length(steps=1), replace(RECIPE, moments=25), DIMS, device="cpu")
    with pytest.raises(InputError, match="no clip of 25 frames in the split 'train'"):
        train_sync(plan, lambda report: None)


def test_an_encoder_to_begin_with_is_looked_at_before_any_clip_is_read(speakers: Path, tmp_path: Path) -> None:
    read: list[str] = []
    plan = SyncPlan(tmp_path / "run", speakers, Length(steps=1), RECIPE, DIMS, device="cpu", start="none-such")
    with pytest.raises(WeightsError, match="none-such"):
        train_sync(plan, lambda report: None, progress=lambda what, done, total: read.append(what))
    assert read == [] and not (tmp_path / "run").exists()


def test_offsets_are_judged_by_clips_that_are_long_enough(speakers: Path) -> None:
    bank = load_sync_bank(FaceFolder(speakers), "val", DIMS, versions=1)
    networks = SyncNetworks(DIMS)
    for frames, told in (
        (21, {"exact", "within_1", "exact_by_chance", "within_1_by_chance", "mouth"}),
        (20, {"mouth"}),
    ):
        assert held_out(networks, replace(bank, count=bank.count.clamp_max(frames))).keys() == told
