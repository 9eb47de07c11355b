"""From a run to weights that can be used, and a linear reading of their vectors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tracks import look_of
from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState
from x2face_core.training.heldout import HeldOut
from x2face_core.training.shipping import fit_reading, ship
from x2face_core.weights import read_info, verify

Tensor = torch.Tensor
STATE = RunState(step=5, samples=160, seconds=90.0, recipe={"name": "guided", "lr": 8e-4}, data={"statement": "drawn"})


@pytest.fixture
def networks(dims: Dims) -> X2FaceNetworks:
    torch.manual_seed(3)
    return X2FaceNetworks(dims).eval()


def test_a_shipped_run_loads_and_answers_as_the_run_did(networks: X2FaceNetworks, tmp_path: Path) -> None:
    info = ship(tmp_path / "w.safetensors", networks, STATE, None, None, held_out={"held_ratio": 0.71234567})
    model = X2Face.load(tmp_path / "w.safetensors")
    pictures = torch.rand(4, 3, 40, 40)
    with torch.no_grad():
        expected = networks.encode(pictures)
        generated = networks(pictures[:1].expand(4, -1, -1, -1), pictures)
    torch.testing.assert_close(model.encode(pictures), expected, atol=5e-3, rtol=5e-3)  # kernels went through fp16
    found = model.render(model.embed(pictures[:1], "mean"), model.encode(pictures))
    torch.testing.assert_close(found, generated, atol=5e-3, rtol=0)
    assert verify(tmp_path / "w.safetensors") == info == read_info(tmp_path / "w.safetensors")


def test_shipped_weights_say_how_they_came_about(networks: X2FaceNetworks, tmp_path: Path) -> None:
    info = ship(tmp_path / "w.safetensors", networks, STATE, None, None, held_out={"held_ratio": 0.71234567})
    assert info.recipe == {"name": "guided", "lr": 8e-4, "steps": 5, "samples": 160, "minutes": 1.5}
    assert (info.metrics, info.data) == ({"held_ratio": 0.7123}, "drawn")
    assert info.dims == networks.dims.to_dict()
    assert info.parameters == networks.parameter_counts()


def test_kernels_are_shipped_as_halves(networks: X2FaceNetworks, tmp_path: Path) -> None:
    ship(tmp_path / "w.safetensors", networks, STATE, None, None, held_out={})
    stored = load_file(tmp_path / "w.safetensors")
    kernels = [value.dtype for name, value in stored.items() if name.endswith("conv.weight")]
    assert set(kernels) == {torch.float16}
    assert not any(name.startswith(("landmark_head", "measure_head")) for name in stored)


def test_teaching_the_driving_encoder_makes_another_space(networks: X2FaceNetworks, tmp_path: Path) -> None:
    def shipped() -> str:
        return ship(tmp_path / "w.safetensors", networks, STATE, None, None, held_out={}).fingerprint

    before = shipped()
    assert shipped() == before
    for network, changes in ((networks.embedding, False), (networks.driving.decoder, False), (networks.driving, True)):
        with torch.no_grad():
            next(network.parameters()).add_(0.1)
        assert (shipped() != before) == changes


class Knowing(torch.nn.Module):
    """Networks whose vectors hold, in 16 numbers linearly mixed, what each frame shows."""

    def __init__(self, truth: Tensor) -> None:
        super().__init__()
        self.truth = truth
        self.mixed = torch.randn(7, 16, generator=torch.Generator().manual_seed(0))

    def encode(self, pictures: Tensor) -> Tensor:
        """The frame's number is in its first pixel."""
        numbers = (pictures[:, 0, 0, 0] * 255).round().long()
        return self.truth[numbers] @ self.mixed + 3.0


def looks(bank: Bank) -> Tensor:
    """(n, 7) what each row of the bank was drawn with."""
    rows = zip(bank.clip.tolist(), bank.frame.tolist(), strict=True)
    drawn = [look_of(clip // 2, clip % 2, frame) for clip, frame in rows]
    return torch.tensor([[*e.pose, e.mouth_open, e.mouth_width, e.eye_left, e.eye_right] for e in drawn]).float()


def test_a_reading_recovers_what_vectors_hold_linearly(bank: Bank, face_folder: Path) -> None:
    truth = looks(bank)
    pictures = torch.zeros_like(bank.pictures)
    pictures[:, 0, 0] = torch.arange(len(bank), dtype=torch.uint8)[:, None]
    knowing = Knowing(truth / truth.std(0))
    reading = fit_reading(knowing, replace(bank, pictures=pictures), FaceFolder(face_folder), strength=1e-9)
    found = knowing.encode(pictures.permute(0, 3, 1, 2) / 255) @ reading["weight"].T + reading["bias"]
    off = (found - truth).abs().amax(0) / truth.std(0)
    assert off.max() < 0.02
    torch.testing.assert_close(reading["scale"], truth.std(0), rtol=0.02, atol=0)


def test_a_model_reads_as_was_fitted(
    networks: X2FaceNetworks, bank: Bank, layout: Tensor, face_folder: Path, tmp_path: Path
) -> None:
    reading = fit_reading(networks, bank, FaceFolder(face_folder))
    ship(tmp_path / "w.safetensors", networks, STATE, reading, layout, held_out={})
    model = X2Face.load(tmp_path / "w.safetensors")
    pictures = bank.floats(torch.arange(6))
    with torch.no_grad():
        expected = networks.encode(pictures) @ reading["weight"].T + reading["bias"]
    off = (model.read(model.encode(pictures)) - expected).abs() / reading["scale"]
    assert off.max() < 0.1
    torch.testing.assert_close(model.reading_scale, reading["scale"])
    torch.testing.assert_close(load_file(tmp_path / "w.safetensors")["layout"], layout)


def test_held_out_pairs_are_two_frames_of_one_clip_and_always_the_same(bank: Bank) -> None:
    held_out, again = HeldOut.of(bank, bank.clip // 2), HeldOut.of(bank, bank.clip // 2)
    assert torch.equal(held_out.sources, again.sources) and torch.equal(held_out.driving, again.driving)
    assert held_out.sources.shape == (48, 3, 32, 32)
    everyone = bank.floats(torch.arange(len(bank)))

    def clips(pictures: Tensor) -> list[int]:
        nearest = (pictures[:, None] - everyone[None]).abs().mean((2, 3, 4)).argmin(1)
        return bank.clip[nearest].tolist()

    assert clips(held_out.sources) == clips(held_out.driving)
    assert (held_out.sources - held_out.driving).abs().amax((1, 2, 3)).min() > 0.01


def test_held_out_figures_compare_with_copying(bank: Bank, dims: Dims) -> None:
    held_out = HeldOut.of(bank, bank.clip // 2, count=10)

    class Copies(torch.nn.Module):
        def forward(self, sources: Tensor, driving: Tensor) -> Tensor:
            return sources

    class Halfway(torch.nn.Module):
        def forward(self, sources: Tensor, driving: Tensor) -> Tensor:
            return (sources + driving) / 2

    copied, half = (held_out.figures(kind()) for kind in (Copies, Halfway))
    assert copied["held_ratio"] == pytest.approx(1)
    assert copied["held_copy"] == pytest.approx(float((held_out.sources - held_out.driving).abs().mean()))
    assert half["held_ratio"] == pytest.approx(0.5)
    assert half["held_ratio_by_person"] == pytest.approx(0.5)
    assert half["held_l1"] == pytest.approx(half["held_copy"] / 2)


def test_held_out_ratios_by_person_count_people_alike() -> None:
    """Of four pairs three are of somebody whose frames come out halfway, one of somebody whose frames are copied."""
    sources, driving = torch.zeros(4, 3, 2, 2), torch.full((4, 3, 2, 2), 0.5)

    class Known(torch.nn.Module):
        def forward(self, sources: Tensor, driving: Tensor) -> Tensor:
            return torch.cat([torch.full((3, 3, 2, 2), 0.25), torch.zeros(1, 3, 2, 2)])

    figures = HeldOut(sources, driving, torch.tensor([7, 7, 7, 2])).figures(Known())
    assert figures["held_ratio"] == pytest.approx((3 * 0.5 + 1) / 4)
    assert figures["held_ratio_by_person"] == pytest.approx(0.75)


def test_a_contact_sheet_has_seven_columns(networks: X2FaceNetworks, bank: Bank) -> None:
    held_out = HeldOut.of(bank, bank.clip // 2, count=5)
    sheet = held_out.sheet(networks, rows=3)
    assert sheet.shape == (3, 3 * 32, 7 * 32)
    torch.testing.assert_close(sheet[:, :32, :32], held_out.sources[0])
    torch.testing.assert_close(sheet[:, :32, 64:96], held_out.driving[0])
    with torch.no_grad():
        own = networks(held_out.sources[:1], held_out.driving[:1])[0]
    torch.testing.assert_close(sheet[:, :32, 96:128], own, atol=1e-5, rtol=0)
