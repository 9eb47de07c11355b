"""Figures of a comparison, worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from x2face_core.identity.encoding import IdentityEncoder
from x2face_lab.comparison.measuring import Comparison
from x2face_lab.comparison.takes import Take
from x2face_lab.evaluation.readers import Readings


class Brightness:
    """Reads a picture's mean red as its yaw and its place; black has no face."""

    name = "brightness"

    def look(self, pictures: Tensor) -> Readings:
        red = pictures[:, 0].mean((1, 2)).double().numpy()
        measures = np.stack([np.zeros(len(red)), np.zeros(len(red)), 100 * red, *np.zeros((5, len(red)))], axis=1)
        landmarks = np.broadcast_to(red[:, None, None], (len(red), 68, 3)).copy()
        measures[red == 0], landmarks[red == 0] = np.nan, np.nan
        return Readings(measures, landmarks)

    def read(self, pictures: Tensor) -> np.ndarray:
        return self.look(pictures).measures


class Colours:
    """Describes a picture by its colour, as a unit vector."""

    def embed(self, pictures: Tensor) -> Tensor:
        return torch.nn.functional.normalize(pictures.mean((2, 3)), dim=1)


@dataclass(frozen=True)
class Tinted:
    """The driving frames with half of their red, and green instead."""

    label: str = "tinted"

    def frames(self, take: Take) -> Tensor:
        made = take.driving.clone()
        made[:, 0] /= 2
        made[:, 1] = made[:, 0]
        return made


def take_of(reds: list[float], persons: tuple[str, str] = ("s", "d")) -> Take:
    driving = torch.zeros(len(reds), 3, 8, 8)
    driving[:, 0] = torch.tensor(reds)[:, None, None]
    source = torch.zeros(3, 8, 8)
    source[1] = 1
    return Take(source, driving, torch.zeros(len(reds), 128), 0, persons)


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(Brightness(), Colours())


def test_figures_are_those_worked_out_by_hand(comparison: Comparison) -> None:
    reds = [0.2, 0.4, 0.3, 0.5, 0.1, 0.2, 0.4, 0.6, 0.3, 0.2]
    comparison.add(take_of(reds), [Tinted()])
    (row,) = comparison.figures()["rows"]
    assert row["l1"] == pytest.approx(2 / 3 * np.mean(reds[1:]) / 2, abs=1e-5)  # red and green are both off by half
    assert row["identity"] == row["to_driver"] == pytest.approx(0.5**0.5, abs=1e-3)  # at 45 degrees to both
    assert row["aed"] == pytest.approx(2 * np.sin(np.pi / 8), abs=1e-3)
    moved = np.abs(np.diff(reds, 2)).mean() * 2**0.5 * 256
    assert comparison.figures()["jitter_true"] == pytest.approx(moved, abs=1e-2)
    assert row["jitter"] == pytest.approx(moved / 2, abs=1e-2)
    assert row["r"] == {"yaw": 1.0} and row["slope"] == {"yaw": 0.5}  # a driver who never tips cannot be followed in it
    assert row["found"] == 1


def test_frames_without_a_face_are_counted(comparison: Comparison) -> None:
    comparison.add(take_of([0.0, 0.4, 0.3, 0.0]), [Tinted()])
    assert comparison.figures()["rows"][0]["found"] == 0.5


def test_people_count_alike_with_an_interval_from_three(comparison: Comparison) -> None:
    films = {"a": [0.2] * 3, "b": [0.4] * 30, "c": [0.6] * 3}
    for number, (driver, reds) in enumerate(films.items()):
        comparison.add(take_of(reds, ("s", driver)), [Tinted()])
        (row,) = comparison.figures()["rows"]
        assert ("l1_interval" in row) == (number == 2)
    assert row["l1"] == pytest.approx((0.2 + 0.4 + 0.6) / 3 / 3, abs=1e-4)
    low, high = row["l1_interval"]
    assert 0.2 / 3 <= low < row["l1"] < high <= 0.6 / 3 + 1e-6


def test_the_packaged_identity_network_tells_a_source_from_another(face_folder: Path) -> None:
    comparison = Comparison(Brightness(), IdentityEncoder.load(device="cpu"))
    comparison.add(take_of([0.4] * 6), [Tinted()])
    row = comparison.figures()["rows"][0]
    assert row["aed"] == pytest.approx((2 - 2 * row["identity"]) ** 0.5, abs=2e-3)
