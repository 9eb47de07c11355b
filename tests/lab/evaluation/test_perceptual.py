"""LPIPS and FID: what is said where they are missing, and what becomes of their figures where they are there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from x2face_core.data.folder import FaceFolder
from x2face_core.model import X2Face
from x2face_lab.evaluation.figures import fidelity
from x2face_lab.evaluation.perceptual import INCEPTION, Perceptual
from x2face_lab.evaluation.reconstruction import reconstruct
from x2face_lab.evaluation.tracks import clips_of

from ...tiny_weights import save_tiny


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """torch.hub's folder of checkpoints, empty."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def test_packages_that_are_missing_are_named(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lpips", "pytorch_fid"):
        monkeypatch.setitem(sys.modules, name, None)
    found = Perceptual.find()
    assert found.lpips is None and found.features is None and found.fid() == {}
    for note, name in zip(found.notes, ("lpips", "pytorch-fid"), strict=True):
        assert f"the package {name} cannot be imported" in note


def test_weights_that_are_missing_are_named_and_not_downloaded(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lpips", "pytorch_fid"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))  # holds no network that could download anything
    found = Perceptual.find()
    assert "alexnet-owt-*.pth" in found.notes[0] and INCEPTION in found.notes[1]
    assert all(str(hub) in note for note in found.notes)


def test_alexnet_s_layers_find_their_places(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Net(torch.nn.Module):
        """Slices as the package lpips has them, and a distance by its first layer."""

        def __init__(self, net: str, pnet_rand: bool, verbose: bool) -> None:
            super().__init__()
            assert (net, pnet_rand, verbose) == ("alex", True, False)
            self.net = torch.nn.Module()
            self.net.slice1 = torch.nn.Sequential(torch.nn.Conv2d(3, 1, 1))
            self.net.slice2 = torch.nn.Sequential()
            self.net.slice2.add_module("3", torch.nn.Conv2d(1, 1, 1))

        def forward(self, a: Tensor, b: Tensor, normalize: bool) -> Tensor:
            assert normalize
            return (self.net.slice1(a) - self.net.slice1(b)).abs().mean((1, 2, 3), keepdim=True)

    package = ModuleType("lpips")
    package.LPIPS = Net
    monkeypatch.setitem(sys.modules, "lpips", package)
    layers = {f"features.{n}.{part}": torch.full(shape, 0.5) for n, shape in ((0, (1, 3, 1, 1)), (3, (1, 1, 1, 1)))
              for part in ("weight",)}  # fmt: skip
    layers |= {f"features.{n}.bias": torch.zeros(1) for n in (0, 3)} | {"classifier.1.weight": torch.zeros(1)}
    torch.save(layers, hub / "alexnet-owt-1234.pth")
    measured = Perceptual.find().lpips
    assert measured is not None
    assert measured(torch.zeros(20, 3, 8, 8), torch.full((20, 3, 8, 8), 0.2)).tolist() == pytest.approx([0.3] * 20)


def test_they_are_measured_on_every_second_frame(face_folder: Path, tmp_path: Path) -> None:
    folder = FaceFolder(face_folder)
    shown: list[int] = []

    def described(pictures: Tensor) -> Tensor:
        shown.append(len(pictures))
        return pictures.mean((2, 3))

    perceptual = Perceptual(lambda a, b: (a - b).abs().mean((1, 2, 3)), described)
    model = X2Face.load(save_tiny(tmp_path, "still", reading=True))
    figures = fidelity(reconstruct(model, folder, clips_of(folder, "test"), perceptual=perceptual).tally)
    assert figures["lpips"] == pytest.approx(figures["lpips_by_person"]) and figures["lpips"] > 0
    assert shown == [1, 1, 1, 1]  # true and generated, of each of two clips; of its frames 5 and 10 the first


def test_fid_is_the_distance_of_the_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    def distance(mu: np.ndarray, sigma: np.ndarray, other: np.ndarray, others: np.ndarray) -> float:
        return float(((mu - other) ** 2).sum() + (sigma - others).sum())

    package, score = ModuleType("pytorch_fid"), ModuleType("pytorch_fid.fid_score")
    score.calculate_frechet_distance = distance
    monkeypatch.setitem(sys.modules, "pytorch_fid", package)
    monkeypatch.setitem(sys.modules, "pytorch_fid.fid_score", score)
    found = Perceptual(features=lambda pictures: pictures.flatten(1)[:, :2])
    true = torch.rand(6, 3, 2, 2)
    found.add(true[:4], true[:4] + 1)
    found.add(true[4:], true[4:] + 1)
    assert found.fid() == {"fid": pytest.approx(2, abs=1e-3), "fid_pictures": 6}
